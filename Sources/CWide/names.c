#include "CWide.h"

#include <string.h>

bool names_equal(const uint8_t *name, size_t size, const uint8_t *head, const uint8_t *rest) {
  const size_t first = size < name_head_size ? size : name_head_size;
  return memcmp(name, head, first) == 0 && memcmp(name + first, rest, size - first) == 0;
}

#if defined(__x86_64__)
#include <immintrin.h>

// Names of any length up to 116 bytes take the same steps: lengths vary from line to line, and a branch that
// nobody can foresee costs more than to compare nothing under an empty mask.
__attribute__((target("avx512f,avx512bw,bmi2"))) static bool equal_wide(
    const uint8_t *name, size_t size, const uint8_t *head, const uint8_t *rest) {
  const size_t first = size < name_head_size ? size : name_head_size;
  const size_t left = size - first;
  // What was never written may not be in memory yet: not to load from there takes long.
  if (left == 0) rest = head;
  const __mmask64 some = _bzhi_u64(~(uint64_t)0, (unsigned)first);
  const __mmask64 more = _bzhi_u64(~(uint64_t)0, left < 64 ? (unsigned)left : 64);
  const __mmask64 differ =
      _mm512_mask_cmpneq_epi8_mask(
          some, _mm512_maskz_loadu_epi8(some, name), _mm512_maskz_loadu_epi8(some, head)) |
      _mm512_mask_cmpneq_epi8_mask(
          more, _mm512_maskz_loadu_epi8(more, name + first), _mm512_maskz_loadu_epi8(more, rest));
  if (__builtin_expect(left > 64, 0))
    return differ == 0 && memcmp(name + first + 64, rest + 64, left - 64) == 0;
  return differ == 0;
}

names_comparer names_comparer_wide(void) {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2") ? equal_wide : NULL;
}
#else
names_comparer names_comparer_wide(void) { return NULL; }
#endif
