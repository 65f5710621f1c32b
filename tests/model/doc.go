// Package model checks the buffers against a model of bytes and order, with generated programs.
//
// A [Program] is a list of operations on the objects of a small world. A performer, such as a [World], performs it and
// takes down each [Step]. A [Judge] compares the steps with the [Model], which says what each operation may answer, what
// each read brings, and what is left at the end. The model is written from the documents: a buffer is a list of bytes,
// and what is sent is done at once, in order. It knows no pools, no paths and no memory that is mapped behind a program's
// back. [Run] performs on the GPU in memory. [Shrink] makes of a program that fails the shortest that still does.
//
// What each operation takes, what the model says of it, and how it is performed stands in one entry of a table: see
// [Kind].
package model
