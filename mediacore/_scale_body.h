/* The passes of scaling, once for each form of the kernels; _scale_kernels.h includes this with
   FORM(name) naming the form and WIDE set where AVX2 is there.

   A tile is LINES output rows. First the rows: each of the tile's lines is a weighted sum of source rows, with
   a fraction. Then the tile is turned, so that the LINES values of a column lie side by side, and each output
   column is a weighted sum of columns. Turned back, it is rounded and stored. */

/* Lines of 16 bits: the weights add up to 256 and black is -32768, or to 64 where some are negative, so no sum
   leaves 16 bits. */
static void FORM(rows_16)(const uint8_t *src, ptrdiff_t stride, long count, const int16_t *weight, int taps,
                          int is_signed, uint16_t *restrict out) {
    const uint16_t black = is_signed ? 0 : 0x8000;
    const uint8_t *a = src, *b = a + (taps > 1) * stride, *c = b + (taps > 2) * stride;
    const uint8_t *d = c + (taps > 3) * stride;
    uint16_t wa = (uint16_t)weight[0], wb = taps > 1 ? (uint16_t)weight[1] : 0;
    uint16_t wc = taps > 2 ? (uint16_t)weight[2] : 0, wd = taps > 3 ? (uint16_t)weight[3] : 0;
    if (taps == 1)
        for (long x = 0; x < count; x++) out[x] = (uint16_t)(black + wa * a[x]);
    else if (taps == 2)
        for (long x = 0; x < count; x++) out[x] = (uint16_t)(black + wa * a[x] + wb * b[x]);
    else if (taps == 3)
        for (long x = 0; x < count; x++) out[x] = (uint16_t)(black + wa * a[x] + wb * b[x] + wc * c[x]);
    else
        for (long x = 0; x < count; x++) out[x] = (uint16_t)(black + wa * a[x] + wb * b[x] + wc * c[x] + wd * d[x]);
    for (int k = 4; k < taps; k++) {
        const uint8_t *row = src + k * stride;
        uint16_t w = (uint16_t)weight[k];
        for (long x = 0; x < count; x++) out[x] = (uint16_t)(out[x] + w * row[x]);
    }
}

/* From `rows` lines, `pitch` apart, to columns of LINES values; pitch is a multiple of 8. */
static void FORM(turn_16)(const uint16_t *lines, long pitch, long count, uint16_t *restrict columns) {
#if WIDE
    for (long x = 0; x < count; x += 8) {
        __m256i r[8], s[8];
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++)
            r[k] = _mm256_inserti128_si256(
                _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)(lines + k * pitch + x))),
                _mm_loadu_si128((const __m128i *)(lines + (k + 8) * pitch + x)), 1);
#pragma GCC unroll 8
        for (int k = 0; k < 4; k++) {
            s[2 * k] = _mm256_unpacklo_epi16(r[2 * k], r[2 * k + 1]);
            s[2 * k + 1] = _mm256_unpackhi_epi16(r[2 * k], r[2 * k + 1]);
        }
#pragma GCC unroll 8
        for (int k = 0; k < 2; k++) {
            r[4 * k] = _mm256_unpacklo_epi32(s[4 * k], s[4 * k + 2]);
            r[4 * k + 1] = _mm256_unpackhi_epi32(s[4 * k], s[4 * k + 2]);
            r[4 * k + 2] = _mm256_unpacklo_epi32(s[4 * k + 1], s[4 * k + 3]);
            r[4 * k + 3] = _mm256_unpackhi_epi32(s[4 * k + 1], s[4 * k + 3]);
        }
#pragma GCC unroll 8
        for (int k = 0; k < 4; k++) {
            __m256i *out = (__m256i *)(columns + (x + 2 * k) * LINES);
            _mm256_storeu_si256(out, _mm256_unpacklo_epi64(r[k], r[k + 4]));
            _mm256_storeu_si256(out + 1, _mm256_unpackhi_epi64(r[k], r[k + 4]));
        }
    }
#else
    for (long x = 0; x < count; x++)
        for (int k = 0; k < LINES; k++) columns[x * LINES + k] = lines[k * pitch + x];
#endif
}

/* Sixteen columns of LINES values, already whole grey levels, into `rows` rows of up to sixteen pixels. */
static void FORM(turn_back_16)(const uint16_t *columns, uint8_t *dst, ptrdiff_t stride, long rows, long count) {
    uint8_t block[LINES][16];
#if WIDE
    __m256i p[8], a[8], b[8];
#pragma GCC unroll 8
    for (int k = 0; k < 8; k++)
        p[k] = _mm256_packus_epi16(_mm256_loadu_si256((const __m256i *)(columns + k * LINES)),
                                   _mm256_loadu_si256((const __m256i *)(columns + (k + 8) * LINES)));
#pragma GCC unroll 8
    for (int k = 0; k < 4; k++) { /* a: columns 2k, 2k + 1; the upper four hold the columns from 8 on */
        a[k] = _mm256_unpacklo_epi8(p[2 * k], p[2 * k + 1]);
        a[k + 4] = _mm256_unpackhi_epi8(p[2 * k], p[2 * k + 1]);
    }
#pragma GCC unroll 8
    for (int half = 0; half < 8; half += 4)
#pragma GCC unroll 8
        for (int k = 0; k < 2; k++) {
            b[half + 2 * k] = _mm256_unpacklo_epi16(a[half + 2 * k], a[half + 2 * k + 1]);
            b[half + 2 * k + 1] = _mm256_unpackhi_epi16(a[half + 2 * k], a[half + 2 * k + 1]);
        }
#pragma GCC unroll 8
    for (int half = 0; half < 8; half += 4) {
        a[half] = _mm256_unpacklo_epi32(b[half], b[half + 2]);
        a[half + 1] = _mm256_unpackhi_epi32(b[half], b[half + 2]);
        a[half + 2] = _mm256_unpacklo_epi32(b[half + 1], b[half + 3]);
        a[half + 3] = _mm256_unpackhi_epi32(b[half + 1], b[half + 3]);
    }
    if (rows == LINES && count >= 16) {
#pragma GCC unroll 8
        for (int k = 0; k < 4; k++) {
            __m256i even = _mm256_unpacklo_epi64(a[k], a[k + 4]), odd = _mm256_unpackhi_epi64(a[k], a[k + 4]);
            uint8_t *out = dst + 2 * k * stride, *below = out + 8 * stride;
            _mm_storeu_si128((__m128i *)out, _mm256_castsi256_si128(even));
            _mm_storeu_si128((__m128i *)(out + stride), _mm256_castsi256_si128(odd));
            _mm_storeu_si128((__m128i *)below, _mm256_extracti128_si256(even, 1));
            _mm_storeu_si128((__m128i *)(below + stride), _mm256_extracti128_si256(odd, 1));
        }
        return;
    }
#pragma GCC unroll 8
    for (int k = 0; k < 4; k++) {
        __m256i even = _mm256_unpacklo_epi64(a[k], a[k + 4]), odd = _mm256_unpackhi_epi64(a[k], a[k + 4]);
        _mm_storeu_si128((__m128i *)block[2 * k], _mm256_castsi256_si128(even));
        _mm_storeu_si128((__m128i *)block[2 * k + 1], _mm256_castsi256_si128(odd));
        _mm_storeu_si128((__m128i *)block[2 * k + 8], _mm256_extracti128_si256(even, 1));
        _mm_storeu_si128((__m128i *)block[2 * k + 9], _mm256_extracti128_si256(odd, 1));
    }
#else
    for (int x = 0; x < 16; x++)
        for (int k = 0; k < LINES; k++) {
            int value = (int16_t)columns[x * LINES + k];
            block[k][x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
#endif
    if (count >= 16)
        for (long k = 0; k < rows; k++) memcpy(dst + k * stride, block[k], 16);
    else
        for (long k = 0; k < rows; k++) memcpy(dst + k * stride, block[k], (size_t)count);
}

/* One output column: LINES sums of `taps` columns, `step` apart; the products keep their upper 16 bits. */
ALWAYS_INLINE void FORM(column_16)(const uint16_t *from, long step, const int16_t *weight, int taps,
                                   int is_signed, uint16_t *restrict out) {
#if WIDE
    __m256i sum = _mm256_set1_epi16((short)(is_signed ? 8 + 2 : 0x8080));
    for (int k = 0; k < taps; k++) {
        __m256i w = _mm256_set1_epi16(weight[k]);
        __m256i line = _mm256_loadu_si256((const __m256i *)(from + k * step));
        sum = _mm256_add_epi16(sum, is_signed ? _mm256_mulhi_epi16(line, w) : _mm256_mulhrs_epi16(line, w));
    }
    sum = is_signed ? _mm256_srai_epi16(sum, 4) : _mm256_srli_epi16(sum, 8);
    _mm256_storeu_si256((__m256i *)out, sum);
#else
    for (int j = 0; j < LINES; j++) {
        int sum = is_signed ? 8 + 2 : 0x8080;
        for (int k = 0; k < taps; k++) {
            int product = (int16_t)from[k * step + j] * weight[k];
            sum += is_signed ? product >> 16 : (product + 0x4000) >> 15;
        }
        out[j] = (uint16_t)(is_signed ? sum >> 4 : sum >> 8);
    }
#endif
}

ALWAYS_INLINE void FORM(columns_16)(const scale_job *job, const uint16_t *columns, int taps, int is_signed,
                                    uint8_t *dst, long rows) {
    const scale_table *t = job->across;
    const long *start = t->start;
    const int16_t *weight = t->fine;
    const long channels = job->channels, total = t->out * channels, apart = t->taps;
    const ptrdiff_t stride = job->dst_stride;
    uint16_t block[16 * LINES];
    long o = 0, channel = 0;
    for (long x = 0; x < total; x += 16) {
        long count = total - x < 16 ? total - x : 16;
        if (channels == 1)
            for (long k = 0; k < count; k++, o++)
                FORM(column_16)(columns + start[o] * LINES, LINES, weight + o * apart, taps, is_signed, block + k * LINES);
        else
            for (long k = 0; k < count; k++) {
                const uint16_t *from = columns + (start[o] * channels + channel) * LINES;
                FORM(column_16)(from, channels * LINES, weight + o * apart, taps, is_signed, block + k * LINES);
                if (++channel == channels) channel = 0, o++;
            }
        FORM(turn_back_16)(block, dst + x, stride, rows, count);
    }
}

static void FORM(scale_16)(const scale_job *job) {
    const scale_table *down = job->down, *across = job->across;
    long count = across->in * job->channels, pitch = (count + 15) / 16 * 16 + 16;
    uint16_t *lines = job->scratch, *columns = lines + LINES * pitch;
    for (long y = 0; y < down->out; y += LINES) {
        long rows = down->out - y < LINES ? down->out - y : LINES;
        for (long k = 0; k < rows; k++)
            FORM(rows_16)((const uint8_t *)job->src + down->start[y + k] * job->src_stride, job->src_stride, count,
                          down->coarse + (y + k) * down->taps, down->taps, down->is_signed, lines + k * pitch);
        FORM(turn_16)(lines, pitch, (count + 7) / 8 * 8, columns);
        uint8_t *dst = job->dst + y * job->dst_stride;
        if (across->is_signed && across->taps == 4) FORM(columns_16)(job, columns, 4, 1, dst, rows);
        else if (across->is_signed) FORM(columns_16)(job, columns, across->taps, 1, dst, rows);
        else if (across->taps == 1) FORM(columns_16)(job, columns, 1, 0, dst, rows);
        else if (across->taps == 2) FORM(columns_16)(job, columns, 2, 0, dst, rows);
        else if (across->taps == 3) FORM(columns_16)(job, columns, 3, 0, dst, rows);
        else FORM(columns_16)(job, columns, across->taps, 0, dst, rows);
    }
}

/* The same in floats, eight rows to a tile: great reductions, and 16-bit sources through a window. */
#define LEVEL(row) (float)((row)[x] - base)
#define FLOAT_ROWS(name, type)                                                                                    \
    static void FORM(name)(const char *src, ptrdiff_t stride, long count, const float *weight, int taps,          \
                           int base, float *restrict out) {                                                       \
        int k = 0;                                                                                                \
        for (; k + 4 <= taps; k += 4) {                                                                           \
            const type *a = (const type *)(src + k * stride), *b = (const type *)(src + (k + 1) * stride);        \
            const type *c = (const type *)(src + (k + 2) * stride), *d = (const type *)(src + (k + 3) * stride);  \
            float wa = weight[k], wb = weight[k + 1], wc = weight[k + 2], wd = weight[k + 3];                     \
            if (k == 0)                                                                                           \
                for (long x = 0; x < count; x++)                                                                  \
                    out[x] = wa * LEVEL(a) + wb * LEVEL(b) + wc * LEVEL(c) + wd * LEVEL(d);                       \
            else                                                                                                  \
                for (long x = 0; x < count; x++)                                                                  \
                    out[x] += wa * LEVEL(a) + wb * LEVEL(b) + wc * LEVEL(c) + wd * LEVEL(d);                      \
        }                                                                                                         \
        for (; k < taps; k++) {                                                                                   \
            const type *row = (const type *)(src + k * stride);                                                   \
            float w = weight[k];                                                                                  \
            if (k == 0)                                                                                           \
                for (long x = 0; x < count; x++) out[x] = w * LEVEL(row);                                         \
            else                                                                                                  \
                for (long x = 0; x < count; x++) out[x] += w * LEVEL(row);                                        \
        }                                                                                                         \
    }
typedef uint16_t __attribute__((may_alias, aligned(1))) FORM(loose_u16);
typedef int16_t __attribute__((may_alias, aligned(1))) FORM(loose_s16);
FLOAT_ROWS(rows_u8, uint8_t)
FLOAT_ROWS(rows_u16, FORM(loose_u16))
FLOAT_ROWS(rows_s16, FORM(loose_s16))
#undef FLOAT_ROWS
#undef LEVEL

static void FORM(turn_float)(const float *lines, long pitch, long count, float *restrict columns) {
#if WIDE
    for (long x = 0; x < count; x += 8) {
        __m256 r[8], s[8];
#pragma GCC unroll 8
        for (int k = 0; k < 4; k++) { /* rows k and k + 4 of either half side by side */
            __m256 upper = _mm256_loadu_ps(lines + k * pitch + x), lower = _mm256_loadu_ps(lines + (k + 4) * pitch + x);
            r[k] = _mm256_permute2f128_ps(upper, lower, 0x20);
            r[k + 4] = _mm256_permute2f128_ps(upper, lower, 0x31);
        }
#pragma GCC unroll 8
        for (int half = 0; half < 8; half += 4) {
            s[half] = _mm256_unpacklo_ps(r[half], r[half + 1]);
            s[half + 1] = _mm256_unpackhi_ps(r[half], r[half + 1]);
            s[half + 2] = _mm256_unpacklo_ps(r[half + 2], r[half + 3]);
            s[half + 3] = _mm256_unpackhi_ps(r[half + 2], r[half + 3]);
            float *out = columns + (x + half) * 8;
            _mm256_storeu_ps(out, _mm256_shuffle_ps(s[half], s[half + 2], 0x44));
            _mm256_storeu_ps(out + 8, _mm256_shuffle_ps(s[half], s[half + 2], 0xee));
            _mm256_storeu_ps(out + 16, _mm256_shuffle_ps(s[half + 1], s[half + 3], 0x44));
            _mm256_storeu_ps(out + 24, _mm256_shuffle_ps(s[half + 1], s[half + 3], 0xee));
        }
    }
#else
    for (long x = 0; x < count; x++)
#pragma GCC unroll 8
        for (int k = 0; k < 8; k++) columns[x * 8 + k] = lines[k * pitch + x];
#endif
}

/* Eight sums of a column through the window, as grey levels in 32 bits. */
ALWAYS_INLINE void FORM(column_float)(const float *from, long step, const float *weight, int taps, float gain,
                                      float offset, int32_t *restrict out) {
#if WIDE
    __m256 sum = _mm256_setzero_ps();
    for (int k = 0; k < taps; k++)
        sum = _mm256_fmadd_ps(_mm256_set1_ps(weight[k]), _mm256_loadu_ps(from + k * step), sum);
    sum = _mm256_fmadd_ps(sum, _mm256_set1_ps(gain), _mm256_set1_ps(offset));
    sum = _mm256_min_ps(_mm256_max_ps(sum, _mm256_setzero_ps()), _mm256_set1_ps(255.0f));
    _mm256_storeu_si256((__m256i *)out, _mm256_cvttps_epi32(_mm256_add_ps(sum, _mm256_set1_ps(0.5f))));
#else
    for (int j = 0; j < 8; j++) {
        float sum = 0.0f;
        for (int k = 0; k < taps; k++) sum += weight[k] * from[k * step + j];
        sum = sum * gain + offset;
        sum = sum > 0.0f ? sum : 0.0f;
        out[j] = (int32_t)((sum < 255.0f ? sum : 255.0f) + 0.5f);
    }
#endif
}

/* Sixteen columns of eight grey levels into eight rows of sixteen pixels. */
ALWAYS_INLINE void FORM(turn_back_levels)(const int32_t *levels, uint8_t (*block)[16]) {
#if WIDE
    const __m256i fours = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    const __m256i *from = (const __m256i *)levels;
    __m256i four[4]; /* each 32 bits are four pixels of a row */
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        __m256i left = _mm256_packus_epi32(_mm256_loadu_si256(from + 4 * k), _mm256_loadu_si256(from + 4 * k + 1));
        __m256i right = _mm256_packus_epi32(_mm256_loadu_si256(from + 4 * k + 2), _mm256_loadu_si256(from + 4 * k + 3));
        four[k] = _mm256_shuffle_epi8(_mm256_packus_epi16(left, right), fours);
    }
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
        __m256i a = half ? _mm256_unpackhi_epi32(four[0], four[1]) : _mm256_unpacklo_epi32(four[0], four[1]);
        __m256i b = half ? _mm256_unpackhi_epi32(four[2], four[3]) : _mm256_unpacklo_epi32(four[2], four[3]);
        __m256i even = _mm256_unpacklo_epi64(a, b), odd = _mm256_unpackhi_epi64(a, b);
        _mm_storeu_si128((__m128i *)block[2 * half], _mm256_castsi256_si128(even));
        _mm_storeu_si128((__m128i *)block[2 * half + 1], _mm256_castsi256_si128(odd));
        _mm_storeu_si128((__m128i *)block[2 * half + 4], _mm256_extracti128_si256(even, 1));
        _mm_storeu_si128((__m128i *)block[2 * half + 5], _mm256_extracti128_si256(odd, 1));
    }
#else
    for (int j = 0; j < 8; j++)
        for (int k = 0; k < 16; k++) block[j][k] = (uint8_t)levels[8 * k + j];
#endif
}

/* Sixteen columns at a time, so that a row gets sixteen pixels in one store. */
static void FORM(columns_float)(const scale_job *job, const float *columns, uint8_t *dst, long rows) {
    const scale_table *t = job->across;
    const long channels = job->channels, total = t->out * channels, step = channels * 8;
    const ptrdiff_t stride = job->dst_stride;
    const float gain = job->gain, offset = job->offset;
    const int taps = t->taps;
    int32_t levels[16 * 8] = {0};
    uint8_t block[8][16];
    long o = 0, channel = 0;
    for (long x = 0; x < total; x += 16) {
        long count = total - x < 16 ? total - x : 16;
        for (long k = 0; k < count; k++) {
            const float *from = columns + (t->start[o] * channels + channel) * 8, *weight = t->exact + o * taps;
            if (taps == 4) FORM(column_float)(from, step, weight, 4, gain, offset, levels + 8 * k);
            else FORM(column_float)(from, step, weight, taps, gain, offset, levels + 8 * k);
            if (++channel == channels) channel = 0, o++;
        }
        FORM(turn_back_levels)(levels, block);
        if (count == 16)
            for (long j = 0; j < rows; j++) memcpy(dst + j * stride + x, block[j], 16);
        else
            for (long j = 0; j < rows; j++) memcpy(dst + j * stride + x, block[j], (size_t)count);
    }
}

static void FORM(scale_float)(const scale_job *job) {
    const scale_table *down = job->down, *across = job->across;
    long channels = job->channels, count = across->in * channels, pitch = (count + 15) / 16 * 16 + 16;
    float *lines = job->scratch, *columns = lines + 8 * pitch;
    for (long y = 0; y < down->out; y += 8) {
        long rows = down->out - y < 8 ? down->out - y : 8;
        for (long k = 0; k < rows; k++) {
            const char *src = (const char *)job->src + down->start[y + k] * job->src_stride;
            const float *weight = down->exact + (y + k) * down->taps;
            if (job->kind == KIND_U16) FORM(rows_u16)(src, job->src_stride, count, weight, down->taps, job->base, lines + k * pitch);
            else if (job->kind == KIND_S16) FORM(rows_s16)(src, job->src_stride, count, weight, down->taps, job->base, lines + k * pitch);
            else FORM(rows_u8)(src, job->src_stride, count, weight, down->taps, job->base, lines + k * pitch);
        }
        FORM(turn_float)(lines, pitch, (count + 7) / 8 * 8, columns);
        FORM(columns_float)(job, columns, job->dst + y * job->dst_stride, rows);
    }
}

#define PAIRS(from) _mm256_loadu_si256((const __m256i *)(from))
/* Halves and quarters: pairs and fours of pixels read as one number, which the compiler turns into vectors. */
typedef uint16_t __attribute__((may_alias, aligned(1))) FORM(pair);
typedef uint32_t __attribute__((may_alias, aligned(1))) FORM(four);

static void FORM(halve)(const scale_job *job) {
    long height = job->down->out, width = job->across->out;
    for (long y = 0; y < height; y++) {
        const uint8_t *src = (const uint8_t *)job->src + 2 * y * job->src_stride;
        const FORM(pair) *a = (const FORM(pair) *)src, *b = (const FORM(pair) *)(src + job->src_stride);
        uint8_t *restrict out = job->dst + y * job->dst_stride;
        long x = 0;
#if WIDE
        const __m256i ones = _mm256_set1_epi8(1), two = _mm256_set1_epi16(2);
        for (; x + 32 <= width; x += 32) {
            if (y + 1 < height) {
                _mm_prefetch((const char *)(a + x) + 2 * job->src_stride, _MM_HINT_T0);
                _mm_prefetch((const char *)(b + x) + 2 * job->src_stride, _MM_HINT_T0);
            }
            __m256i left = _mm256_add_epi16(_mm256_maddubs_epi16(PAIRS(a + x), ones), _mm256_maddubs_epi16(PAIRS(b + x), ones));
            __m256i right = _mm256_add_epi16(_mm256_maddubs_epi16(PAIRS(a + x + 16), ones),
                                             _mm256_maddubs_epi16(PAIRS(b + x + 16), ones));
            left = _mm256_srli_epi16(_mm256_add_epi16(left, two), 2);
            right = _mm256_srli_epi16(_mm256_add_epi16(right, two), 2);
            _mm256_storeu_si256((__m256i *)(out + x), _mm256_permute4x64_epi64(_mm256_packus_epi16(left, right), 0xd8));
        }
#endif
        for (; x < width; x++)
            out[x] = (uint8_t)((uint16_t)((a[x] & 255) + (a[x] >> 8) + (b[x] & 255) + (b[x] >> 8) + 2) >> 2);
    }
}

static void FORM(quarter)(const scale_job *job) {
    long height = job->down->out, width = job->across->out;
    for (long y = 0; y < height; y++) {
        const uint8_t *src = (const uint8_t *)job->src + 4 * y * job->src_stride;
        const FORM(four) *a = (const FORM(four) *)src, *b = (const FORM(four) *)(src + job->src_stride);
        const FORM(four) *c = (const FORM(four) *)(src + 2 * job->src_stride);
        const FORM(four) *d = (const FORM(four) *)(src + 3 * job->src_stride);
        uint8_t *restrict out = job->dst + y * job->dst_stride;
        long x = 0;
#if WIDE
        const __m256i ones = _mm256_set1_epi8(1), words = _mm256_set1_epi16(1), eight = _mm256_set1_epi32(8);
        const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        for (; x + 32 <= width; x += 32) {
            __m256i part[4];
#pragma GCC unroll 4
            for (int k = 0; k < 4; k++) {
                long at = x + 8 * k;
                if (k % 2 == 0 && y + 1 < height)
                    for (int row = 4; row < 8; row++) _mm_prefetch((const char *)(a + at) + row * job->src_stride, _MM_HINT_T0);
                __m256i upper = _mm256_add_epi16(_mm256_maddubs_epi16(PAIRS(a + at), ones), _mm256_maddubs_epi16(PAIRS(b + at), ones));
                __m256i lower = _mm256_add_epi16(_mm256_maddubs_epi16(PAIRS(c + at), ones), _mm256_maddubs_epi16(PAIRS(d + at), ones));
                __m256i sum = _mm256_madd_epi16(_mm256_add_epi16(upper, lower), words);
                part[k] = _mm256_srli_epi32(_mm256_add_epi32(sum, eight), 4);
            }
            __m256i packed = _mm256_packus_epi16(_mm256_packus_epi32(part[0], part[1]), _mm256_packus_epi32(part[2], part[3]));
            _mm256_storeu_si256((__m256i *)(out + x), _mm256_permutevar8x32_epi32(packed, order));
        }
#endif
        for (; x < width; x++) {
            uint32_t even = (a[x] & 0xff00ff) + (b[x] & 0xff00ff) + (c[x] & 0xff00ff) + (d[x] & 0xff00ff);
            uint32_t odd = (a[x] >> 8 & 0xff00ff) + (b[x] >> 8 & 0xff00ff) + (c[x] >> 8 & 0xff00ff) + (d[x] >> 8 & 0xff00ff);
            uint32_t sum = even + odd;
            out[x] = (uint8_t)(((sum & 0xffff) + (sum >> 16) + 8) >> 4);
        }
    }
}

#undef PAIRS

static void FORM(scale)(const scale_job *job) {
    if (job->kind == KIND_HALF) FORM(halve)(job);
    else if (job->kind == KIND_QUARTER) FORM(quarter)(job);
    else if (job->kind == KIND_LINES) FORM(scale_16)(job);
    else FORM(scale_float)(job);
}
