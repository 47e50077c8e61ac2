#include "CWide.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

// Sixty-four bytes a step. Of the bytes that are marks the mask says which; to press the numbers of all
// lanes together under it gives their places, without a loop over them.
#define WIDE __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt")))

WIDE static inline uint16_t *write_wide(uint16_t *list, __mmask64 marks, uint16_t here) {
  const __m512i lanes = _mm512_set_epi64(
      0x3F3E3D3C3B3A3938, 0x3736353433323130, 0x2F2E2D2C2B2A2928, 0x2726252423222120,
      0x1F1E1D1C1B1A1918, 0x1716151413121110, 0x0F0E0D0C0B0A0908, 0x0706050403020100);
  const __m512i start = _mm512_set1_epi16((short)here);
  const __m512i places = _mm512_maskz_compress_epi8(marks, lanes);
  const size_t count = (size_t)_mm_popcnt_u64(marks);
  const __m256i low = _mm512_castsi512_si256(places);
  _mm512_storeu_si512(list, _mm512_add_epi16(_mm512_cvtepu8_epi16(low), start));
  if (__builtin_expect(count > 32, 0)) {
    const __m256i high = _mm512_extracti64x4_epi64(places, 1);
    _mm512_storeu_si512(list + 32, _mm512_add_epi16(_mm512_cvtepu8_epi16(high), start));
  }
  return list + count;
}

WIDE static marks_count find_wide(
    const uint8_t *bytes, size_t size, uint16_t *strings, uint16_t *ends) {
  uint16_t *string = strings, *end = ends;
  uint64_t all_escapes = 0;
  for (size_t start = 0; start < size; start += 64) {
    const size_t left = size - start;
    const __mmask64 within = left < 64 ? ((uint64_t)1 << left) - 1 : ~(uint64_t)0;
    const __m512i piece = _mm512_maskz_loadu_epi8(within, bytes + start);
    const __mmask64 quotes = _mm512_cmpeq_epi8_mask(piece, _mm512_set1_epi8('"'));
    const __mmask64 escapes = _mm512_cmpeq_epi8_mask(piece, _mm512_set1_epi8('\\'));
    all_escapes |= escapes;
    string = write_wide(string, quotes | escapes, (uint16_t)start);
    end = write_wide(end, _mm512_cmpeq_epi8_mask(piece, _mm512_set1_epi8('\n')), (uint16_t)start);
  }
  return (marks_count){(size_t)(string - strings), (size_t)(end - ends), all_escapes != 0};
}

// The same in two halves of thirty-two bytes, for processors without that.
#define HALF __attribute__((target("avx2,bmi,popcnt")))

__attribute__((noinline)) HALF static void write_rest(uint16_t *list, uint64_t marks, uint16_t here) {
  for (; marks != 0; marks = _blsr_u64(marks)) *list++ = (uint16_t)(here + _tzcnt_u64(marks));
}

HALF static inline uint16_t *write_half(
    uint16_t *list, uint64_t marks, uint16_t here, const int many) {
  uint16_t *const stop = list + _mm_popcnt_u64(marks);
  // As many as there mostly are: how many it is each time is what no processor foresees.
  for (int index = 0; index < many; index++) {
    list[index] = (uint16_t)(here + _tzcnt_u64(marks));
    marks = _blsr_u64(marks);
  }
  if (__builtin_expect(marks != 0, 0)) write_rest(list + many, marks, here);
  return stop;
}

HALF static inline uint64_t bits_half(__m256i low, __m256i high) {
  return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

HALF static marks_count find_half(
    const uint8_t *bytes, size_t size, uint16_t *strings, uint16_t *ends) {
  const __m256i quote = _mm256_set1_epi8('"');
  const __m256i backslash = _mm256_set1_epi8('\\');
  const __m256i newline = _mm256_set1_epi8('\n');
  uint16_t *string = strings, *end = ends;
  __m256i all_escapes = _mm256_setzero_si256();
  for (size_t start = 0; start < size; start += 64) {
    const uint8_t *piece = bytes + start;
    uint8_t last[64];
    if (size - start < 64) {
      memset(last, 0, sizeof last);
      memcpy(last, piece, size - start);
      piece = last;
    }
    const __m256i low = _mm256_loadu_si256((const __m256i *)piece);
    const __m256i high = _mm256_loadu_si256((const __m256i *)(piece + 32));
    const __m256i low_escapes = _mm256_cmpeq_epi8(low, backslash);
    const __m256i high_escapes = _mm256_cmpeq_epi8(high, backslash);
    all_escapes = _mm256_or_si256(all_escapes, _mm256_or_si256(low_escapes, high_escapes));
    const uint64_t marks = bits_half(
        _mm256_or_si256(_mm256_cmpeq_epi8(low, quote), low_escapes),
        _mm256_or_si256(_mm256_cmpeq_epi8(high, quote), high_escapes));
    // Sixty-four bytes of the combined form hold six at most, of JSON twice as many.
    if ((size_t)(string - strings) <= start / 16)
      string = write_half(string, marks, (uint16_t)start, 6);
    else
      string = write_half(string, marks, (uint16_t)start, 12);
    end = write_half(
        end, bits_half(_mm256_cmpeq_epi8(low, newline), _mm256_cmpeq_epi8(high, newline)),
        (uint16_t)start, 1);
  }
  return (marks_count){
      (size_t)(string - strings), (size_t)(end - ends), !_mm256_testz_si256(all_escapes, all_escapes)};
}

marks_finder marks_finder_at(int index) {
  marks_finder found[2];
  int count = 0;
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2") &&
      __builtin_cpu_supports("popcnt"))
    found[count++] = find_wide;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("popcnt"))
    found[count++] = find_half;
  return index >= 0 && index < count ? found[index] : NULL;
}
#else
marks_finder marks_finder_at(int index) {
  (void)index;
  return NULL;
}
#endif
