// SPDX-License-Identifier: MIT
// Reads checked values out of one JSON object that comes from anybody who may publish. The first thing that is wrong
// makes one sentence and is remembered; what is missing is not wrong. Pure.
#ifndef COMMON_READER_H
#define COMMON_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The largest integer that every JSON reader takes exactly, even one that knows only doubles.
#define READER_COUNTER_MAX (INT64_C(1) << 53)

struct reader {
    const json_t *object;
    const char *prefix; // what sentences put in front of a key: "", "last.", "channels.tilt."
    char *why;          // PROTOCOL_WHY_SIZE; gets the sentence
    bool failed;
};

// Notes that a key should hold something else, the first time only.
void reader_fail(struct reader *r, const char *key, const char *expected);

// Each of these returns false, and leaves *out as it was, where the key is missing or wrong.
// A number times scale, rounded, that must lie between min and max; integers and reals are taken alike.
bool reader_number(struct reader *r, const char *key, int scale, int64_t min, int64_t max, int64_t *out);
bool reader_int(struct reader *r, const char *key, int scale, int min, int max, int *out);
// The same where null is right too, and returns false without failing.
bool reader_int_or_null(struct reader *r, const char *key, int scale, int min, int max, int *out);
bool reader_bool(struct reader *r, const char *key, bool *out);

// A whole number from 0 to READER_COUNTER_MAX; 0 where it is missing or wrong.
int64_t reader_counter(struct reader *r, const char *key);
// The string as it came and its length; NULL where it is missing or wrong. Owned by the object.
const char *reader_string(struct reader *r, const char *key, size_t *len);
// Copies a string to dst, cleaned as text_clean does. dst is left as it was where the key is missing or wrong.
void reader_clean(struct reader *r, const char *key, char *dst, size_t size, size_t max_chars);
// An object inside; NULL where it is missing or wrong.
const json_t *reader_object(struct reader *r, const char *key);

#endif
