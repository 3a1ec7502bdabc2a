// SPDX-License-Identifier: MIT
#include "common/protocol/reader.h"

#include "common/protocol/protocol.h"
#include "common/text.h"

void reader_fail(struct reader *r, const char *key, const char *expected)
{
    if (!r->failed)
        text_sentence(
            r->why, PROTOCOL_WHY_SIZE, PROTOCOL_WHY_CHARS, "%s%s: expected %s", r->prefix, key, expected);
    r->failed = true;
}

bool reader_number(struct reader *r, const char *key, int scale, int64_t min, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(r->object, key);
    if (!value)
        return false;
    if (!json_is_number(value)) {
        reader_fail(r, key, "a number");
        return false;
    }
    int64_t scaled = 0;
    double real = json_number_value(value);
    bool fits = real > -(double)READER_COUNTER_MAX && real < (double)READER_COUNTER_MAX;
    if (fits && json_is_integer(value) &&
        !__builtin_mul_overflow(json_integer_value(value), scale, &scaled)) {
        fits = scaled >= min && scaled <= max;
    } else if (fits) {
        real = real * scale + (real < 0 ? -0.5 : 0.5);
        fits = real > (double)min - 1 && real < (double)max + 1;
        if (fits)
            scaled = (int64_t)real;
        fits = fits && scaled >= min && scaled <= max;
    }
    if (fits)
        *out = scaled;
    else
        reader_fail(r, key, "a number in its range");
    return fits;
}

bool reader_int(struct reader *r, const char *key, int scale, int min, int max, int *out)
{
    int64_t value;
    if (!reader_number(r, key, scale, min, max, &value))
        return false;
    *out = (int)value;
    return true;
}

bool reader_int_or_null(struct reader *r, const char *key, int scale, int min, int max, int *out)
{
    return !json_is_null(json_object_get(r->object, key)) && reader_int(r, key, scale, min, max, out);
}

bool reader_bool(struct reader *r, const char *key, bool *out)
{
    const json_t *value = json_object_get(r->object, key);
    if (!value)
        return false;
    if (!json_is_boolean(value)) {
        reader_fail(r, key, "true or false");
        return false;
    }
    *out = json_is_true(value);
    return true;
}

int64_t reader_counter(struct reader *r, const char *key)
{
    int64_t value = 0;
    reader_number(r, key, 1, 0, READER_COUNTER_MAX, &value);
    return value;
}

const char *reader_string(struct reader *r, const char *key, size_t *len)
{
    const json_t *value = json_object_get(r->object, key);
    if (!value)
        return NULL;
    if (!json_is_string(value)) {
        reader_fail(r, key, "a string");
        return NULL;
    }
    *len = json_string_length(value);
    return json_string_value(value);
}

void reader_clean(struct reader *r, const char *key, char *dst, size_t size, size_t max_chars)
{
    size_t len;
    const char *s = reader_string(r, key, &len);
    if (s)
        text_clean(dst, size, s, len, max_chars);
}

const json_t *reader_object(struct reader *r, const char *key)
{
    const json_t *value = json_object_get(r->object, key);
    if (value && !json_is_object(value)) {
        reader_fail(r, key, "an object");
        return NULL;
    }
    return value;
}
