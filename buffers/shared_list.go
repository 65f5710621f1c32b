package buffers

import "slices"

// remove takes element i out of the list, keeping the order.
func remove[T any](list []T, i int) []T {
	copy(list[i:], list[i+1:])
	var zero T
	list[len(list)-1] = zero
	return list[:len(list)-1]
}

// without takes x out of the list, if it is there.
func without[T comparable](list []T, x T) []T {
	if i := slices.Index(list, x); i >= 0 {
		return remove(list, i)
	}
	return list
}
