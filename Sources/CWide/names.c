#include "CWide.h"

#include <string.h>

bool names_equal(
    const uint8_t *name, size_t size, size_t readable, const uint8_t *head, const uint8_t *rest) {
  (void)readable;
  const size_t first = size < name_head_size ? size : name_head_size;
  return memcmp(name, head, first) == 0 && memcmp(name + first, rest, size - first) == 0;
}

#if defined(__x86_64__)
#include <immintrin.h>

// Names of any length up to 116 bytes take the same steps: lengths vary from line to line, and a branch that
// nobody can foresee costs more than to compare nothing under an empty mask.
__attribute__((target("avx512f,avx512bw,bmi2"))) static bool equal_wide(
    const uint8_t *name, size_t size, size_t readable, const uint8_t *head, const uint8_t *rest) {
  (void)readable;
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

// The same in halves. These know no masks to load under: where so much is not readable, as at the end of a
// block, the comparer of all processors is asked.
__attribute__((target("avx2,bmi2"))) static inline uint64_t differ_half(
    const uint8_t *one, const uint8_t *other, const int second) {
  const __m256i low = _mm256_cmpeq_epi8(
      _mm256_loadu_si256((const __m256i *)one), _mm256_loadu_si256((const __m256i *)other));
  const __m256i high = _mm256_cmpeq_epi8(
      _mm256_loadu_si256((const __m256i *)(one + second)),
      _mm256_loadu_si256((const __m256i *)(other + second)));
  return ~((uint32_t)_mm256_movemask_epi8(low) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << second);
}

__attribute__((target("avx2,bmi2"))) static bool equal_half(
    const uint8_t *name, size_t size, size_t readable, const uint8_t *head, const uint8_t *rest) {
  if (__builtin_expect(readable < name_head_size + 64, 0))
    return names_equal(name, size, readable, head, rest);
  const size_t first = size < name_head_size ? size : name_head_size;
  const size_t left = size - first;
  uint64_t differ = _bzhi_u64(differ_half(name, head, name_head_size - 32), (unsigned)first);
  if (left > 0)
    differ |= _bzhi_u64(
        differ_half(name + name_head_size, rest, 32), left < 64 ? (unsigned)left : 64);
  if (__builtin_expect(left > 64, 0))
    return differ == 0 && memcmp(name + name_head_size + 64, rest + 64, left - 64) == 0;
  return differ == 0;
}

names_comparer names_comparer_at(int index) {
  names_comparer found[2];
  int count = 0;
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2"))
    found[count++] = equal_wide;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
    found[count++] = equal_half;
  return index >= 0 && index < count ? found[index] : NULL;
}
#else
names_comparer names_comparer_at(int index) {
  (void)index;
  return NULL;
}
#endif
