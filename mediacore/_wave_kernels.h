/* Numbers out of packed bytes. The callers have checked the lengths. */
#ifndef MEDIACORE_WAVE_KERNELS_H
#define MEDIACORE_WAVE_KERNELS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

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

/* Three-byte integers; `big` for the most significant byte first. */
ALWAYS_INLINE void unpack_s24_plain(const uint8_t *in, size_t first, size_t count, int big, int32_t *out) {
    for (size_t i = first; i < count; i++) {
        const uint8_t *p = in + 3 * i;
        uint32_t high = big ? p[0] : p[2], low = big ? p[2] : p[0];
        out[i] = (int32_t)(high << 24 | (uint32_t)p[1] << 16 | low << 8) >> 8;
    }
}

#if MEDIACORE_X86
TARGET_AVX2 static void unpack_s24_avx2(const uint8_t *in, size_t count, int big, int32_t *out) {
    const __m128i little_order = _mm_setr_epi8(-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11);
    const __m128i big_order = _mm_setr_epi8(-1, 2, 1, 0, -1, 5, 4, 3, -1, 8, 7, 6, -1, 11, 10, 9);
    const __m256i order = _mm256_broadcastsi128_si256(big ? big_order : little_order);
    size_t i = 0;
    for (; 3 * i + 28 <= 3 * count; i += 8) {
        __m256i bytes = _mm256_inserti128_si256(
            _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(in + 3 * i))),
            _mm_loadu_si128((const __m128i *)(in + 3 * i + 12)), 1);
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_srai_epi32(_mm256_shuffle_epi8(bytes, order), 8));
    }
    unpack_s24_plain(in, i, count, big, out);
}
#endif

static void unpack_s24_at(int isa, const uint8_t *in, size_t count, int big, int32_t *out) {
#if MEDIACORE_X86
    if (isa >= ISA_AVX2) {
        unpack_s24_avx2(in, count, big, out);
        return;
    }
#endif
    if (big) unpack_s24_plain(in, 0, count, 1, out);
    else unpack_s24_plain(in, 0, count, 0, out);
}

/* IEEE-11073 numbers. Powers of ten up to 22 are exact doubles, so one product or one division of two exact
   numbers is the correctly rounded decimal: 366e-1 is 36.6. */
static const double TENS[23] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static void sfloat_plain(const uint8_t *in, size_t first, size_t count, double *out) {
    for (size_t i = first; i < count; i++) {
        unsigned word = in[2 * i] | (unsigned)in[2 * i + 1] << 8;
        int mantissa = (int)((word & 0xfff) ^ 0x800) - 0x800;
        int exponent = (int)((word >> 12) ^ 8) - 8;
        if (word - 0x7fe <= 4) out[i] = NAN;
        else out[i] = exponent < 0 ? mantissa / TENS[-exponent] : mantissa * TENS[exponent];
    }
}

#if MEDIACORE_X86
/* The upper half of a double holds a power of ten up to 1e8 whole, so the tables are eight 32-bit words. */
TARGET_AVX2 static void sfloat_avx2(const uint8_t *in, size_t count, double *out) {
    const __m256i one = _mm256_set1_epi32(0x3ff00000), zero = _mm256_setzero_si256();
    const __m256i factors = _mm256_setr_epi32(0x3ff00000, 0x40240000, 0x40590000, 0x408f4000, 0x40c38800,
                                              0x40f86a00, 0x412e8480, 0x416312d0);
    const __m256i divisors = _mm256_setr_epi32(0x4197d784, 0x416312d0, 0x412e8480, 0x40f86a00, 0x40c38800,
                                               0x408f4000, 0x40590000, 0x40240000);
    const __m256i order = _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7);
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        __m256i words = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(in + 2 * i)));
        __m256i mantissas = _mm256_srai_epi32(_mm256_slli_epi32(words, 20), 20);
        words = _mm256_permutevar8x32_epi32(words, order); /* so that unpacking gives 0..3 and 4..7 */
        __m256i exponents = _mm256_srli_epi32(words, 12);
        __m256 negative = _mm256_castsi256_ps(_mm256_slli_epi32(words, 16));
        __m256i factor = _mm256_castps_si256(_mm256_blendv_ps(
            _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(factors, exponents)), _mm256_castsi256_ps(one), negative));
        __m256i divisor = _mm256_castps_si256(_mm256_blendv_ps(
            _mm256_castsi256_ps(one), _mm256_castsi256_ps(_mm256_permutevar8x32_epi32(divisors, exponents)), negative));
        __m256i special = _mm256_and_si256(_mm256_cmpgt_epi32(words, _mm256_set1_epi32(0x7fd)),
                                           _mm256_cmpgt_epi32(_mm256_set1_epi32(0x803), words));
        divisor = _mm256_or_si256(divisor, special); /* all ones is nan, and so is what it divides */
#define FOUR(unpack, mantissa, at)                                                                            \
    {                                                                                                         \
        __m256d x = _mm256_mul_pd(_mm256_cvtepi32_pd(mantissa), _mm256_castsi256_pd(unpack(zero, factor)));   \
        _mm256_storeu_pd(out + at, _mm256_div_pd(x, _mm256_castsi256_pd(unpack(zero, divisor))));             \
    }
        FOUR(_mm256_unpacklo_epi32, _mm256_castsi256_si128(mantissas), i)
        FOUR(_mm256_unpackhi_epi32, _mm256_extracti128_si256(mantissas, 1), i + 4)
#undef FOUR
    }
    sfloat_plain(in, i, count, out);
}
#endif

static void sfloat_at(int isa, const uint8_t *in, size_t count, double *out) {
#if MEDIACORE_X86
    if (isa >= ISA_AVX2) {
        sfloat_avx2(in, count, out);
        return;
    }
#endif
    sfloat_plain(in, 0, count, out);
}

static void float32_11073_all(const uint8_t *in, size_t count, double *out) {
    for (size_t i = 0; i < count; i++) {
        const uint8_t *p = in + 4 * i;
        uint32_t low = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16;
        int mantissa = (int)(low ^ 0x800000) - 0x800000, exponent = (int8_t)p[3];
        if (exponent == 0 && low - 0x7ffffe <= 4) out[i] = NAN;
        else if (exponent >= 0 && exponent <= 22) out[i] = mantissa * TENS[exponent];
        else if (exponent < 0 && exponent >= -22) out[i] = mantissa / TENS[-exponent];
        else {
            char text[24];
            snprintf(text, sizeof text, "%de%d", mantissa, exponent);
            out[i] = strtod(text, NULL);
        }
    }
}

/* Delta blocks: a width in bits, a count, then count * channels two's-complement deltas, least significant
   bit first, each block padded to a byte. Returns the samples they hold, or -1 - (bytes missing), or
   -(10 to the 12) - width for a width over 32. */
static long long deltas_measure(const uint8_t *in, size_t bytes, size_t channels) {
    long long samples = 0;
    size_t at = 0;
    while (at < bytes) {
        if (bytes - at < 2) return -2;
        if (in[at] > 32) return -1000000000000LL - in[at];
        size_t need = ((size_t)in[at] * in[at + 1] * channels + 7) / 8;
        if (bytes - at - 2 < need) return -1 - (long long)(need - (bytes - at - 2));
        samples += in[at + 1];
        at += 2 + need;
    }
    return samples;
}

/* `out` begins with the reference sample; sums wrap at 32 bits. */
static void deltas_unpack(const uint8_t *in, size_t bytes, size_t channels, int32_t *out) {
    size_t at = 0, to = channels;
    while (at < bytes) {
        unsigned width = in[at];
        size_t values = in[at + 1] * channels, need = (width * values + 7) / 8;
        const uint8_t *block = in + at + 2;
        for (size_t k = 0; k < values; k++, to++) {
            size_t bit = k * width, byte = bit / 8;
            uint64_t word = 0;
            if (byte + 8 <= need) memcpy(&word, block + byte, 8);
            else if (byte < need) memcpy(&word, block + byte, need - byte);
            uint32_t delta = 0;
            if (width) delta = (uint32_t)((int64_t)(word << (64 - width - bit % 8)) >> (64 - width));
            out[to] = (int32_t)((uint32_t)out[to - channels] + delta);
        }
        at += 2 + need;
    }
}

#endif
