/* The places and weights of a ratio, and what a kernel is asked to do. */
#ifndef MEDIACORE_SCALE_TABLE_H
#define MEDIACORE_SCALE_TABLE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "_isa.h"

#if MEDIACORE_X86
#include <immintrin.h>
#endif

enum { FILTER_AREA, FILTER_BILINEAR, FILTER_BICUBIC, FILTER_NEAREST };
enum { KIND_LINES, KIND_HALF, KIND_QUARTER, KIND_U8, KIND_U16, KIND_S16 };
enum { LINES = 16, MOST_COARSE_TAPS = 6 };

/* For each of `out` places: the first of `taps` inputs, and their weights in three finenesses. */
typedef struct {
    long in, out;
    int taps, is_signed;
    long *start;
    float *exact;     /* add up to 1 */
    int16_t *coarse;  /* to 256, or to 64 where some are negative */
    int16_t *fine;    /* to 32767, or to 16384 */
} scale_table;

typedef struct {
    const void *src;
    uint8_t *dst;
    ptrdiff_t src_stride, dst_stride;
    const scale_table *down, *across;
    const struct weave *woven; /* of `across`, for AVX-512 */
    long channels;
    int kind;
    int base;                  /* a grey level is (mean - base) * gain + offset */
    float gain, offset;
    void *scratch;
} scale_job;

static void scale_table_end(scale_table *t) {
    free(t->start);
    free(t->exact);
    free(t->coarse);
    free(t->fine);
    memset(t, 0, sizeof *t);
}

/* The place and weights of output `o`; first may lie outside, and is then clamped by the caller. */
static long scale_taps(const scale_table *t, int filter, long o, double *weight) {
    double middle = ((double)o + 0.5) * (double)t->in / (double)t->out - 0.5;
    if (filter == FILTER_NEAREST) {
        weight[0] = 1.0;
        return (2 * o + 1) * t->in / (2 * t->out);
    }
    if (filter == FILTER_AREA) {
        long low = o * t->in, high = (o + 1) * t->in, first = low / t->out;
        for (int k = 0; k < t->taps; k++) {
            long left = (first + k) * t->out, right = left + t->out;
            long covered = (right < high ? right : high) - (left > low ? left : low);
            weight[k] = covered > 0 ? (double)covered / (double)t->in : 0.0;
        }
        return first;
    }
    long first = (long)floor(middle);
    double f = middle - (double)first;
    if (filter == FILTER_BILINEAR) {
        weight[0] = 1.0 - f;
        weight[1] = f;
        return first;
    }
    for (int k = 0; k < 4; k++) { /* Keys' cubic, a = -0.75 */
        double d = fabs(f + 1.0 - k);
        weight[k] = d < 1.0 ? (1.25 * d - 2.25) * d * d + 1.0 : d < 2.0 ? -0.75 * (((d - 5.0) * d + 8.0) * d - 4.0) : 0.0;
    }
    return first - 1;
}

/* Whole numbers that add up to `sum`, each the step of the rounded running total. */
static void scale_quantise(const double *weight, int taps, double sum, int16_t *out) {
    double total = 0.0;
    long before = 0;
    for (int k = 0; k < taps; k++) {
        total += weight[k];
        long now = (long)floor(total * sum + 0.5);
        out[k] = (int16_t)(uint16_t)(now - before);
        before = now;
    }
}

static int scale_table_begin(scale_table *t, int filter, long in, long out) {
    memset(t, 0, sizeof *t);
    t->in = in;
    t->out = out;
    t->is_signed = filter == FILTER_BICUBIC;
    long reach = filter == FILTER_NEAREST ? 1 : filter == FILTER_BILINEAR ? 2 : filter == FILTER_BICUBIC ? 4 : 0;
    for (long o = 0; filter == FILTER_AREA && o < out; o++) {
        long covered = ((o + 1) * in + out - 1) / out - o * in / out;
        if (covered > reach) reach = covered;
    }
    long taps = reach < in ? reach : in;
    int asked = (int)reach;
    double *weight = malloc(sizeof(double) * (size_t)(asked + taps));
    t->start = malloc(sizeof(long) * (size_t)out);
    t->exact = malloc(sizeof(float) * (size_t)(out * taps));
    t->coarse = malloc(sizeof(int16_t) * (size_t)(out * taps));
    t->fine = malloc(sizeof(int16_t) * (size_t)(out * taps));
    if (!weight || !t->start || !t->exact || !t->coarse || !t->fine) {
        free(weight);
        scale_table_end(t);
        return -1;
    }
    double *inside = weight + asked;
    for (long o = 0; o < out; o++) {
        t->taps = asked;
        long first = scale_taps(t, filter, o, weight);
        long start = first < 0 ? 0 : first > in - taps ? in - taps : first;
        memset(inside, 0, sizeof(double) * (size_t)taps);
        for (int k = 0; k < asked; k++) { /* what lies outside goes to the edge */
            long at = first + k < 0 ? 0 : first + k > in - 1 ? in - 1 : first + k;
            if (weight[k] != 0.0) inside[at - start] += weight[k];
        }
        t->start[o] = start;
        for (long k = 0; k < taps; k++) t->exact[o * taps + k] = (float)inside[k];
        scale_quantise(inside, (int)taps, t->is_signed ? 64.0 : 256.0, t->coarse + o * taps);
        scale_quantise(inside, (int)taps, t->is_signed ? 16384.0 : 32767.0, t->fine + o * taps);
    }
    t->taps = (int)taps;
    free(weight);
    return 0;
}

/* Which kernel; 0 channels are one of 16 bits. */
static int scale_kind(const scale_table *down, const scale_table *across, int filter, long channels) {
    if (channels == 0) return KIND_U16;
    if (filter == FILTER_AREA && channels == 1) {
        if (down->in == 2 * down->out && across->in == 2 * across->out) return KIND_HALF;
        if (down->in == 4 * down->out && across->in == 4 * across->out) return KIND_QUARTER;
    }
    int small = down->taps <= MOST_COARSE_TAPS && across->taps <= 64;
    return small && down->is_signed == across->is_signed ? KIND_LINES : KIND_U8;
}

#endif
