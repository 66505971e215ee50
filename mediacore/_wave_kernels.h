/* Numbers out of packed bytes. The callers have checked the lengths. */
#ifndef MEDIACORE_WAVE_KERNELS_H
#define MEDIACORE_WAVE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "_isa.h"

#if MEDIACORE_X86
#include <immintrin.h>
#endif

/* WFDB format 212: two 12-bit samples in three bytes, the high nibbles together in the middle one. */
static void unpack_212_plain(const uint8_t *in, size_t first, size_t count, int16_t *out) {
    size_t i = first;
    const uint8_t *p = in + i / 2 * 3;
    for (; i + 1 < count; i += 2, p += 3) {
        out[i] = (int16_t)((uint16_t)((p[0] | p[1] << 8) << 4)) >> 4;
        out[i + 1] = (int16_t)((uint16_t)((p[1] & 0xf0) << 8 | p[2] << 4)) >> 4;
    }
    if (i < count) out[i] = (int16_t)((uint16_t)((p[0] | p[1] << 8) << 4)) >> 4;
}

#if MEDIACORE_X86
TARGET_AVX2 static void unpack_212_avx2(const uint8_t *in, size_t bytes, size_t count, int16_t *out) {
    const __m256i order = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 1, 2, 1, 3, 4, 5, 4, 6, 7, 8, 7, 9, 10, 11, 10));
    const __m256i shifted_bits = _mm256_set1_epi32(0x0ff0ffff);
    const __m256i kept_bits = _mm256_set1_epi32((int)0xf0000000);
    size_t i = 0, at = 0;
    for (; at + 28 <= bytes; at += 24, i += 16) {
        __m256i words = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(in + at))),
            _mm_loadu_si128((const __m128i *)(in + at + 12)), 1);
        words = _mm256_shuffle_epi8(words, order);
        __m256i left = _mm256_or_si256(_mm256_and_si256(_mm256_slli_epi16(words, 4), shifted_bits),
                                       _mm256_and_si256(words, kept_bits));
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_srai_epi16(left, 4));
    }
    unpack_212_plain(in, i, count, out);
}
#endif

static void unpack_212_at(int isa, const uint8_t *in, size_t bytes, size_t count, int16_t *out) {
#if MEDIACORE_X86
    if (isa >= ISA_AVX2) {
        unpack_212_avx2(in, bytes, count, out);
        return;
    }
#endif
    unpack_212_plain(in, 0, count, out);
}

#endif
