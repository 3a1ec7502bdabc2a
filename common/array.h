// SPDX-License-Identifier: MIT
#ifndef COMMON_ARRAY_H
#define COMMON_ARRAY_H

// How many elements an array has. For arrays only: a pointer would be counted wrong without a warning.
#define ARRAY_LENGTH(array) (sizeof(array) / sizeof(array)[0])

#endif
