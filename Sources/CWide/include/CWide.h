// What access logs gain by the wide registers of newer processors. Swift compiles every function for the
// oldest processor of its kind; these few loops are chosen when the program runs.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How many marks a window held, by kind, and whether a backslash was among them.
typedef struct {
  size_t strings;
  size_t ends;
  bool has_escapes;
} marks_count;

/// Writes the places of quotes and backslashes to `strings`, those of line ends to `ends`, both rising.
/// `size` is at most 65,472: places are of sixteen bits. No byte past `bytes + size` is read. Both lists need
/// room for `size` places and 64 more, for they are written a vector at a time.
typedef marks_count (*marks_finder)(
    const uint8_t *bytes, size_t size, uint16_t *strings, uint16_t *ends);

/// The finders that this processor can run, the fastest first; null after the last.
marks_finder marks_finder_at(int index);

/// Of a kept name the first bytes lie apart from the rest.
enum { name_head_size = 52 };

/// Tells whether the `size` bytes of a name are those that are kept. Of `name` no byte past `readable` is read,
/// of `head` all its bytes may be, of `rest` 64 more than are kept.
typedef bool (*names_comparer)(
    const uint8_t *name, size_t size, size_t readable, const uint8_t *head, const uint8_t *rest);

/// The comparers of newer processors that this one can run, the fastest first; null after the last.
names_comparer names_comparer_at(int index);

/// The comparer of all processors.
bool names_equal(
    const uint8_t *name, size_t size, size_t readable, const uint8_t *head, const uint8_t *rest);

/// Asks for the cache line at a place that will soon be looked at. The place need not be one of the
/// program's.
static inline void prefetch_line(const void *place) { __builtin_prefetch(place, 1); }
