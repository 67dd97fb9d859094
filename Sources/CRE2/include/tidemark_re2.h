#ifndef TIDEMARK_RE2_H
#define TIDEMARK_RE2_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern.
typedef struct tidemark_re2 tidemark_re2;

/// Frees a pattern.
void tidemark_re2_free(tidemark_re2 *pattern);

#ifdef __cplusplus
}
#endif

#endif
