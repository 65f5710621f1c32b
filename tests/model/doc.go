// Package model checks the buffers against a model of bytes and order, with generated programs.
//
// A [Program] is a list of operations on the objects of a small world. A performer, such as a [World], performs it and
// records each [Step]. A [Judge] compares the steps with the [Model]. The model says how each operation may end, which
// bytes each read brings, and what remains at the end. It is written from the documents: a buffer is a list of bytes,
// and the GPU does everything at once, in order. It knows no pools, no paths and no memory that is mapped behind a
// program's back. [Run] performs on the GPU in memory. [Shrink] shortens a failing program as long as it still fails.
//
// One entry of a table holds an operation's arguments, its model and its performance: see [Kind].
package model
