/* Scaling by AVX-512 without turning: outputs side by side are picked out of a window of the sums of rows.

   A weave is made once for a width: its steps go along a row, and each says which window of the source it
   needs, and for every tap where in the window its outputs find their pixels, and with which weight. Most rows
   repeat few patterns. The sums of rows lie in the order in which unpacking leaves them. */
#ifndef MEDIACORE_SCALE_WEAVE_H
#define MEDIACORE_SCALE_WEAVE_H

#include "_scale_table.h"

enum { WOVEN_BYTES = 64, WOVEN_WORDS = 32, MOST_WOVEN_TAPS = 16, MOST_ALIKE = 16 };

typedef struct {
    long from, to; /* first place of the window in the source row, and of the outputs in the target row */
    int count, fresh;
    const uint8_t *pattern; /* for every tap 64 bytes of places and 64 of weights */
} weave_step;

typedef struct weave {
    long steps;
    weave_step *step;
    uint8_t *patterns;
} weave;

static void weave_end(weave *w) {
    free(w->step);
    free(w->patterns);
    memset(w, 0, sizeof *w);
}

/* What follows `s` along the row: as many outputs as there are lanes and as one window feeds. */
static void weave_next(const scale_table *t, long channels, int window, weave_step *s) {
    const long count = t->in * channels, total = t->out * channels, lanes = window / 2;
    const long first = s->to + s->count, reach = (t->taps - 1) * channels;
    for (int fresh = 0; fresh < 2; fresh++) { /* the window that is there, if it feeds all lanes; else another */
        if (fresh) s->from = t->start[first / channels] * channels;
        if (fresh && s->from > count - window) s->from = count - window;
        long o = first;
        for (; o < total && o < first + lanes; o++) {
            long last = t->start[o / channels] * channels + o % channels + reach;
            if (last >= s->from + window) break;
        }
        s->count = (int)(o - first);
        s->fresh = fresh;
        if (s->count == lanes || o == total) break;
    }
    s->to = first;
}

static void weave_pattern(const scale_table *t, long channels, int window, const weave_step *s, uint8_t *out) {
    const int half = window / 8;
    memset(out, 0, (size_t)t->taps * 128);
    for (int k = 0; k < t->taps; k++, out += 128)
        for (int j = 0; j < s->count; j++) {
            long o = (s->to + j) / channels, at = (t->start[o] + k) * channels + (s->to + j) % channels - s->from;
            long lane = at / (2 * half), rest = at % (2 * half);
            long place = rest < half ? lane * half + rest : window / 2 + lane * half + rest - half;
            if (window == WOVEN_BYTES) {
                ((uint16_t *)out)[j] = (uint16_t)place;
                ((int16_t *)out)[32 + j] = t->fine[o * t->taps + k];
            } else {
                ((uint32_t *)out)[j] = (uint32_t)place;
                ((float *)out)[16 + j] = t->exact[o * t->taps + k];
            }
        }
}

/* A row too narrow for a window or with too many taps has no steps, and is turned instead. */
static int weave_begin(weave *w, const scale_table *t, long channels, int window) {
    const long total = t->out * channels;
    const size_t size = (size_t)t->taps * 128;
    weave_step s = {.from = -window};
    memset(w, 0, sizeof *w);
    if (t->in * channels < window || t->taps > MOST_WOVEN_TAPS) return 0;
    for (; s.to + s.count < total; w->steps++) weave_next(t, channels, window, &s);
    w->step = malloc(sizeof *w->step * (size_t)w->steps);
    w->patterns = aligned_alloc(64, size * (size_t)w->steps);
    if (!w->step || !w->patterns) {
        weave_end(w);
        return -1;
    }
    long made = 0;
    s = (weave_step){.from = -window};
    for (long i = 0; i < w->steps; i++) {
        weave_next(t, channels, window, &s);
        uint8_t *fresh = w->patterns + (size_t)made * size;
        weave_pattern(t, channels, window, &s, fresh);
        s.pattern = fresh;
        for (long back = 1; back <= MOST_ALIKE && back <= made; back++)
            if (!memcmp(fresh, fresh - (size_t)back * size, size)) s.pattern = fresh - (size_t)back * size;
        made += s.pattern == fresh;
        w->step[i] = s;
    }
    return 0;
}

#if MEDIACORE_X86
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")

/* The rows under an output row, in pairs, with two weights of 8 bits; a weight of 256 is the row twice. */
typedef struct {
    const uint8_t *row[2 * MOST_COARSE_TAPS];
    uint16_t weight[MOST_COARSE_TAPS];
    int pairs;
    const uint8_t *next, *after; /* what the output row after this reads anew */
    ptrdiff_t stride;
} woven_rows;

/* How many source rows are read once output row `y` is done: from there on they are fetched ahead, as the
   processor, which sees many short streams, will not. */
ALWAYS_INLINE long rows_read(const scale_table *t, long y) {
    return t->start[y < t->out ? y : t->out - 1] + t->taps;
}

static void weave_rows(const scale_job *job, long y, woven_rows *r) {
    const scale_table *t = job->down;
    const uint8_t *src = (const uint8_t *)job->src + t->start[y] * job->src_stride;
    int n = 0;
    uint8_t weight[2 * MOST_COARSE_TAPS];
    for (int k = 0; k < t->taps; k++) {
        int w = t->coarse[y * t->taps + k], times = !t->is_signed && w == 256 ? 2 : w != 0;
        for (int j = 0; j < times; j++) {
            r->row[n] = src + k * job->src_stride;
            weight[n++] = (uint8_t)(w / times);
        }
    }
    if (n & 1) {
        r->row[n] = r->row[n - 1];
        weight[n++] = 0;
    }
    r->pairs = n / 2;
    r->stride = job->src_stride;
    r->next = (const uint8_t *)job->src + rows_read(t, y) * job->src_stride;
    r->after = (const uint8_t *)job->src + rows_read(t, y + 1) * job->src_stride;
    for (int p = 0; p < r->pairs; p++) r->weight[p] = (uint16_t)(weight[2 * p] | weight[2 * p + 1] << 8);
}

ALWAYS_INLINE void weave_words(const weave *w, const woven_rows *r, int pairs, int taps, int is_signed, long total,
                               uint8_t *dst) {
    const __m512i flip = _mm512_set1_epi8((char)0x80), zero = _mm512_setzero_si512();
    const __m512i half = _mm512_set1_epi16((short)(is_signed ? 8 + 2 : 0x8080));
    __m512i low = zero, high = zero;
    for (const weave_step *s = w->step, *end = s + w->steps; s < end; s++) {
        if (s->fresh) {
            for (const uint8_t *row = r->next; row != r->after; row += r->stride) _mm_prefetch(row + s->from + 63, _MM_HINT_T0);
#pragma GCC unroll 2
            for (int p = 0; p < pairs; p++) {
                __m512i a = _mm512_loadu_si512(r->row[2 * p] + s->from), b = _mm512_loadu_si512(r->row[2 * p + 1] + s->from);
                __m512i weight = _mm512_set1_epi16((short)r->weight[p]), left, right;
                if (is_signed) {
                    left = _mm512_maddubs_epi16(_mm512_unpacklo_epi8(a, b), weight);
                    right = _mm512_maddubs_epi16(_mm512_unpackhi_epi8(a, b), weight);
                } else {
                    a = _mm512_xor_si512(a, flip);
                    b = _mm512_xor_si512(b, flip);
                    left = _mm512_maddubs_epi16(weight, _mm512_unpacklo_epi8(a, b));
                    right = _mm512_maddubs_epi16(weight, _mm512_unpackhi_epi8(a, b));
                }
                low = p ? _mm512_add_epi16(low, left) : left;
                high = p ? _mm512_add_epi16(high, right) : right;
            }
        }
        const __m512i *pattern = (const __m512i *)s->pattern;
        __m512i sum = half;
#pragma GCC unroll 4
        for (int k = 0; k < taps; k++) {
            __m512i picked = _mm512_permutex2var_epi16(low, pattern[2 * k], high);
            __m512i part = is_signed ? _mm512_mulhi_epi16(picked, pattern[2 * k + 1]) : _mm512_mulhrs_epi16(picked, pattern[2 * k + 1]);
            sum = _mm512_add_epi16(sum, part);
        }
        __m256i bytes;
        if (is_signed) bytes = _mm512_cvtusepi16_epi8(_mm512_max_epi16(_mm512_srai_epi16(sum, 4), zero));
        else bytes = _mm512_cvtepi16_epi8(_mm512_srli_epi16(sum, 8));
        if (s->to + 32 <= total) _mm256_storeu_si256((__m256i *)(dst + s->to), bytes); /* what is too much is overwritten */
        else _mm256_mask_storeu_epi8(dst + s->to, (__mmask32)((1ull << s->count) - 1), bytes);
    }
}

#define WEAVE(pairs, taps, is_signed) weave_words(w, &r, pairs, taps, is_signed, total, dst)
#define WEAVE_TAPS(pairs)                                                                                         \
    do {                                                                                                          \
        if (is_signed && taps == 4) WEAVE(pairs, 4, 1);                                                           \
        else if (is_signed) WEAVE(pairs, taps, 1);                                                                \
        else if (taps == 2) WEAVE(pairs, 2, 0);                                                                   \
        else if (taps == 3) WEAVE(pairs, 3, 0);                                                                   \
        else if (taps == 4) WEAVE(pairs, 4, 0);                                                                   \
        else WEAVE(pairs, taps, 0);                                                                               \
    } while (0)

static void scale_woven_16(const scale_job *job) {
    const weave *w = job->woven;
    const int taps = job->across->taps, is_signed = job->across->is_signed;
    const long total = job->across->out * job->channels;
    woven_rows r;
    for (long y = 0; y < job->down->out; y++) {
        uint8_t *dst = job->dst + y * job->dst_stride;
        weave_rows(job, y, &r);
        if (r.pairs == 1) WEAVE_TAPS(1);
        else if (r.pairs == 2) WEAVE_TAPS(2);
        else WEAVE_TAPS(r.pairs);
    }
}
#undef WEAVE
#undef WEAVE_TAPS

/* 16-bit sources in floats, two rows at once where there are two: 0x4b00 above a word makes it the float
   2**23 + word, exactly. */
ALWAYS_INLINE void weave_floats(const scale_job *job, long y, int rows, int down, int across) {
    const weave *w = job->woven;
    const scale_table *t = job->down;
    const long total = job->across->out; /* the rows after these are fetched ahead, as the processor will not */
    const long next = t->start[y + rows < t->out ? y + rows : y], after = t->start[y + 2 * rows < t->out ? y + 2 * rows : y];
    const int is_signed = job->kind == KIND_S16;
    const __m512i magic = _mm512_set1_epi16(0x4b00), flip = _mm512_set1_epi16(is_signed ? (short)0x8000 : 0);
    const __m512 base = _mm512_set1_ps(8388608.0f + (float)(is_signed ? 32768 + job->base : job->base));
    const __m512 gain = _mm512_set1_ps(job->gain), offset = _mm512_set1_ps(job->offset + 0.5f);
    const __m512 zero = _mm512_setzero_ps(), white = _mm512_set1_ps(255.0f);
    __m512 low[2] = {zero, zero}, high[2] = {zero, zero};
    for (const weave_step *s = w->step, *end = s + w->steps; s < end; s++) {
        if (s->fresh) {
            const char *src = (const char *)job->src + 2 * s->from;
            for (long k = next; k < after; k++) _mm_prefetch(src + k * job->src_stride + 63, _MM_HINT_T0);
#pragma GCC unroll 2
            for (int r = 0; r < rows; r++) {
                const float *weight = t->exact + (y + r) * t->taps;
                const char *row = src + t->start[y + r] * job->src_stride;
                low[r] = high[r] = zero;
#pragma GCC unroll 4
                for (int k = 0; k < down; k++) {
                    __m512i words = _mm512_xor_si512(_mm512_loadu_si512(row + k * job->src_stride), flip);
                    __m512 left = _mm512_castsi512_ps(_mm512_unpacklo_epi16(words, magic));
                    __m512 right = _mm512_castsi512_ps(_mm512_unpackhi_epi16(words, magic));
                    low[r] = _mm512_fmadd_ps(_mm512_set1_ps(weight[k]), _mm512_sub_ps(left, base), low[r]);
                    high[r] = _mm512_fmadd_ps(_mm512_set1_ps(weight[k]), _mm512_sub_ps(right, base), high[r]);
                }
            }
        }
        const uint8_t *pattern = s->pattern;
        __m512 sum[2] = {zero, zero};
#pragma GCC unroll 4
        for (int k = 0; k < across; k++, pattern += 128)
#pragma GCC unroll 2
            for (int r = 0; r < rows; r++)
                sum[r] = _mm512_fmadd_ps(_mm512_permutex2var_ps(low[r], _mm512_load_si512(pattern), high[r]),
                                         _mm512_load_ps(pattern + 64), sum[r]);
#pragma GCC unroll 2
        for (int r = 0; r < rows; r++) {
            uint8_t *dst = job->dst + (y + r) * job->dst_stride + s->to;
            __m512 level = _mm512_min_ps(_mm512_max_ps(_mm512_fmadd_ps(sum[r], gain, offset), zero), white);
            __m128i bytes = _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(level));
            if (s->to + 16 <= total) _mm_storeu_si128((__m128i *)dst, bytes);
            else _mm_mask_storeu_epi8(dst, (__mmask16)((1u << s->count) - 1), bytes);
        }
    }
}

static void scale_woven_float(const scale_job *job) {
    const int down = job->down->taps, across = job->across->taps;
    long y = 0;
    for (; y + 2 <= job->down->out; y += 2) {
        if (down == 4 && across == 4) weave_floats(job, y, 2, 4, 4);
        else weave_floats(job, y, 2, down, across);
    }
    if (y < job->down->out) weave_floats(job, y, 1, down, across);
}

#pragma GCC pop_options
#endif

#endif
