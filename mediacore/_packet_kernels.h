/* Packets out of a serial stream that may begin anywhere and lose or gain a byte anywhere.

   A scan walks `count` bytes, writes a row for each accepted packet, and returns how many bytes it is done
   with; the rest waits for more. `last` says that nothing more will come. */
#ifndef MEDIACORE_PACKET_KERNELS_H
#define MEDIACORE_PACKET_KERNELS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "_isa.h"

#if MEDIACORE_X86
#include <immintrin.h>
#endif

typedef struct {
    uint64_t packets, garbage_bytes, resyncs;
    int locked, lost;        /* in step now; has lost step since the last packet */
    int isa;                 /* which form of a kernel may run */
    int doubt;               /* the byte before was refused although it looked like a start */
    int frame, spo2, pr, stat2; /* Nonin: place in the packet, what the last whole packet said */
    int age;                    /* Nonin: frames since it said so */
    int next_spo2, next_pr, next_stat2; /* Nonin: what this packet says, once it is whole */
} scan_state;

typedef struct {
    int16_t pleth, spo2, pr;
    int8_t signal, bar;
    uint8_t flags, marks[5], unused[2];
} oximeter_row;

typedef struct {
    int16_t pleth, spo2, pr;
    int8_t signal, bar;
    double pi;
    uint8_t flags, marks[6], unused[1];
} contec9_row;

typedef struct {
    int32_t pleth;
    int16_t spo2, pr;
    int8_t frame;
    uint8_t flags, marks[4], perfusion, sync, smartpoint, low_battery, unused[2];
} nonin_row;

typedef struct {
    int32_t counts[8];
    int16_t aux[3];
    uint8_t n, stop;
} cyton_row;

ALWAYS_INLINE void scan_accept(scan_state *state) {
    state->packets++;
    state->resyncs += (uint64_t)state->lost;
    state->locked = 1;
    state->lost = 0;
}

ALWAYS_INLINE void scan_refuse(scan_state *state) {
    state->garbage_bytes++;
    state->lost |= state->locked;
    state->locked = 0;
}

/* Five bytes, bit 7 only on the first: Contec (60 Hz) and BCI (100 Hz). Bit 6 of the third byte is bit 7 of
   the rate; a rate of 255, a saturation of 127 and, for BCI, a pleth of 0 mean "none". */
ALWAYS_INLINE void oximeter_decode(uint64_t word, int bci, oximeter_row *row) {
    uint64_t pleth = word >> 8 & 0x7f, spo2 = word >> 32 & 0x7f;
    uint64_t pr = (word >> 24 & 0x7f) | (word >> 15 & 0x80);
    uint64_t flags = (word >> 4 & 7) | (word >> 17 & 0x18);
    pleth -= (uint64_t)(bci && pleth == 0);
    if (spo2 == 0x7f) spo2 = 0xffff;
    if (pr == 0xff) pr = 0xffff;
    uint64_t head = (pleth & 0xffff) | spo2 << 16 | pr << 32 | (word & 15) << 48 | (word >> 16 & 15) << 56;
    uint64_t tail = flags | ((flags * 0x10204081ULL << 8) & 0x010101010100ULL);
    memcpy(row, &head, 8);
    memcpy((char *)row + 8, &tail, 8);
}

#if MEDIACORE_X86
/* Packets in step, four at a time, as long as each is confirmed by the next; returns how many.

   Of every packet a lane of 16 bytes becomes a row: its words are sums of two masked bytes, shifted down, and
   its bytes are picked and masked, marks to 0 or 1. */
TARGET_AVX2 static size_t oximeter_run(const uint8_t *in, size_t count, int bci, oximeter_row *rows) {
#define LANES(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))
#define FROM(...) _mm256_add_epi8(LANES(__VA_ARGS__), second) /* -2: none */
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 1, 2, 3, 4); /* the second packet, at 5, begins at 4 + 1 */
    const __m256i second = _mm256_set_m128i(_mm_set1_epi8(1), _mm_setzero_si128());
    const __m256i words = FROM(1, -2, 4, -2, 3, 2, -2, -2, 0, 2, -2, -2, -2, -2, -2, -2);
    const __m256i word_bits = LANES(0x7f, 0, 0x7f, 0, 0x7f, 0x40, 0, 0, 0x70, 0x30, 0, 0, 0, 0, 0, 0);
    const __m256i factors = LANES(16, 0, 16, 0, 16, 32, 0, 0, 1, 8, 0, 0, 0, 0, 0, 0);
    const __m256i bytes = FROM(-2, -2, -2, -2, -2, -2, 0, 2, -2, 0, 0, 0, 2, 2, -2, -2);
    const __m256i byte_bits = LANES(0, 0, 0, 0, 0, 0, 15, 15, 0, 0x10, 0x20, 0x40, 0x10, 0x20, 0, 0);
    const __m256i most = LANES(0, 0, 0, 0, 0, 0, 15, 15, 0, 1, 1, 1, 1, 1, 0, 0);
    const __m256i absent = _mm256_setr_epi16(bci ? 0 : -1, 0x7f, 0xff, -1, -1, -1, -1, -1, bci ? 0 : -1, 0x7f, 0xff, -1,
                                             -1, -1, -1, -1);
#undef LANES
#undef FROM
    size_t row = 0;
    for (; count >= 42; count -= 20, in += 20, row += 4) {
        __m256i four = _mm256_loadu_si256((const __m256i *)in);
        if ((_mm256_movemask_epi8(four) & 0x1fffff) != 0x108421) break;
        for (int half = 0; half < 2; half++) {
            __m256i two = half ? _mm256_loadu_si256((const __m256i *)(in + 10)) : four;
            two = _mm256_permutevar8x32_epi32(two, lanes);
            __m256i sums = _mm256_maddubs_epi16(_mm256_and_si256(_mm256_shuffle_epi8(two, words), word_bits), factors);
            sums = _mm256_srli_epi16(sums, 4);
            sums = _mm256_or_si256(sums, _mm256_cmpeq_epi16(sums, absent));
            __m256i picked = _mm256_and_si256(_mm256_shuffle_epi8(two, bytes), byte_bits);
            _mm256_storeu_si256((__m256i *)(rows + row + 2 * half), _mm256_or_si256(sums, _mm256_min_epu8(picked, most)));
        }
    }
    return row;
}
#endif

#define OXIMETER_FITS(word) (((word) & 0x808080808080ULL) == 0x800000000080ULL)

ALWAYS_INLINE size_t oximeter_scan(scan_state *state, const uint8_t *in, size_t count, int last, int bci,
                                   oximeter_row *rows, size_t *made) {
    size_t at = 0, row = 0;
    for (;;) {
        uint64_t word = 0;
        size_t left = count - at;
        if (left >= 8) memcpy(&word, in + at, 8);
        else if (left >= 6) memcpy(&word, in + at, left);
        else if (left == 5 && last) {
            memcpy(&word, in + at, 5);
            word |= (uint64_t)state->locked << 47; /* no next packet to confirm it: in step must do */
        } else break;
        if (!OXIMETER_FITS(word) || state->doubt) {
            do { /* of two starts in a row one was gained, and nothing tells which */
                state->doubt = in[at] >> 7;
                scan_refuse(state);
                at++;
            } while (count - at >= 6 && !(in[at] & 0x80));
            continue;
        }
        oximeter_decode(word, bci, rows + row++);
        scan_accept(state);
        at += 5;
        size_t before = row;
#if MEDIACORE_X86
        if (state->isa >= ISA_AVX2) row += oximeter_run(in + at, count - at, bci, rows + row);
        at += 5 * (row - before);
#endif
        for (; count - at >= 8; at += 5) {
            memcpy(&word, in + at, 8);
            if (!OXIMETER_FITS(word)) break;
            oximeter_decode(word, bci, rows + row++);
        }
        state->packets += row - before;
    }
    *made = row;
    return at;
}

static size_t contec5_scan(scan_state *state, const uint8_t *in, size_t count, int last, void *rows,
                           size_t *made) {
    return oximeter_scan(state, in, count, last, 0, rows, made);
}

static size_t bci5_scan(scan_state *state, const uint8_t *in, size_t count, int last, void *rows,
                        size_t *made) {
    return oximeter_scan(state, in, count, last, 1, rows, made);
}

/* Nine bytes: 01, then eight with bit 7 set; the second carries bit 7 of the seven that follow. */
static size_t contec9_scan(scan_state *state, const uint8_t *in, size_t count, int last, void *out,
                           size_t *made) {
    contec9_row *rows = out;
    size_t at = 0, row = 0;
    for (;;) {
        size_t left = count - at;
        if (left < 9 || (left == 9 && !last)) break;
        const uint8_t *p = in + at;
        uint64_t body;
        memcpy(&body, p + 1, 8);
        int confirmed = left > 9 ? p[9] == 0x01 : state->locked;
        if (p[0] != 0x01 || (body & 0x8080808080808080ULL) != 0x8080808080808080ULL || !confirmed) {
            scan_refuse(state);
            at++;
            continue;
        }
        unsigned d[8];
        for (int k = 1; k < 8; k++) d[k] = (p[k + 1] & 0x7f) | (p[1] >> (k - 1) & 1) << 7;
        unsigned pi = d[6] | d[7] << 8;
        contec9_row *r = rows + row++;
        r->pleth = (int16_t)(d[2] & 0x7f);
        r->spo2 = (int16_t)(d[5] == 0x7f || d[5] == 0xff ? -1 : (int)d[5]);
        r->pr = (int16_t)(d[4] == 0xff ? -1 : (int)d[4]);
        r->signal = (int8_t)(d[1] & 15);
        r->bar = (int8_t)(d[3] & 15);
        r->pi = pi == 0xffff || (d[3] & 0x10) ? -1.0 : pi / 100.0;
        r->flags = (uint8_t)((d[1] >> 4 & 15) | (d[2] >> 3 & 0x10) | (d[3] << 1 & 0x20));
        for (int k = 0; k < 6; k++) r->marks[k] = r->flags >> k & 1;
        r->unused[0] = 0;
        scan_accept(state);
        at += 9;
    }
    *made = row;
    return at;
}

/* Nonin serial, 75 frames a second, 25 to a packet. The checksum is the sum of the four bytes before it.

   A frame's meaning is its place after the sync bit, and a lost frame moves those behind it: what a packet says
   counts once its 25 frames have come, with no sync bit among them. */
enum { NONIN_HOLD = 75, NONIN_FRAMES = 25 };

ALWAYS_INLINE void nonin_decode(scan_state *state, unsigned status, int32_t pleth, unsigned data,
                                nonin_row *row) {
    int sync = status & 1, before = state->locked ? state->frame : 0;
    state->frame = sync ? 1 : before && before < NONIN_FRAMES ? before + 1 : 0;
    if (++state->age > NONIN_HOLD) state->pr = state->spo2 = -1;
    if (before && sync != (before == NONIN_FRAMES)) { /* a whole frame was lost, which no checksum tells */
        state->lost = 1;
        if (!sync) state->pr = state->spo2 = -1;
    }
    unsigned low = data & 0x7f;
    if (state->frame == 1) state->next_pr = (int)(data & 3) << 7;
    if (state->frame == 2) state->next_pr |= (int)low;
    if (state->frame == 3) state->next_spo2 = (int)low;
    if (state->frame == 8) state->next_stat2 = (int)data;
    if (state->frame == NONIN_FRAMES) {
        state->pr = state->next_pr == 511 ? -1 : state->next_pr;
        state->spo2 = state->next_spo2 == 127 ? -1 : state->next_spo2;
        state->stat2 = state->next_stat2;
        state->age = 0;
    }
    row->pleth = pleth;
    row->spo2 = (int16_t)state->spo2;
    row->pr = (int16_t)state->pr;
    row->frame = (int8_t)(state->frame ? state->frame - 1 : -1);
    row->flags = (uint8_t)status;
    for (int k = 0; k < 4; k++) row->marks[k] = status >> (6 - k) & 1;
    row->perfusion = status >> 1 & 3;
    row->sync = status & 1;
    row->smartpoint = state->stat2 >> 5 & 1;
    row->low_battery = state->stat2 & 1;
    row->unused[0] = row->unused[1] = 0;
}

ALWAYS_INLINE int nonin_valid(const uint8_t *p, int seven) {
    uint8_t sum = (uint8_t)(p[0] + p[1] + p[2] + p[3]);
    return sum == p[4] && (seven ? p[0] >> 7 : p[0] == 1 && p[1] >> 7);
}

ALWAYS_INLINE size_t nonin_scan(scan_state *state, const uint8_t *in, size_t count, int seven,
                                nonin_row *rows, size_t *made) {
    size_t at = 0, row = 0;
    for (; count - at >= 5;) {
        const uint8_t *p = in + at;
        int valid = nonin_valid(p, seven);
        if (valid && seven && !state->locked) { /* no start byte: two checksums in a row to be in step */
            if (count - at < 10) break;
            valid = nonin_valid(p + 5, seven);
        }
        if (!valid) {
            scan_refuse(state);
            at++;
            continue;
        }
        if (seven) nonin_decode(state, p[0], p[1] << 8 | p[2], p[3], rows + row++);
        else nonin_decode(state, p[1], p[2], p[3], rows + row++);
        scan_accept(state);
        at += 5;
    }
    *made = row;
    return at;
}

static size_t nonin2_scan(scan_state *state, const uint8_t *in, size_t count, int last, void *rows,
                          size_t *made) {
    return nonin_scan(state, in, count, 0, rows, made);
}

static size_t nonin7_scan(scan_state *state, const uint8_t *in, size_t count, int last, void *rows,
                          size_t *made) {
    return nonin_scan(state, in, count, 1, rows, made);
}

/* OpenBCI Cyton: A0, counter, eight 24-bit and three 16-bit values, most significant byte first, C0..CF. */
static size_t cyton33_scan(scan_state *state, const uint8_t *in, size_t count, int last, void *out,
                           size_t *made) {
    cyton_row *rows = out;
    size_t at = 0, row = 0;
    for (;;) {
        size_t left = count - at;
        if (left < 33 || (left == 33 && !last)) break;
        const uint8_t *p = in + at;
        int confirmed = left > 33 ? p[33] == 0xa0 : state->locked;
        if (p[0] != 0xa0 || (p[32] & 0xf0) != 0xc0 || !confirmed) {
            scan_refuse(state);
            at++;
            continue;
        }
        cyton_row *r = rows + row++;
        r->n = p[1];
        r->stop = p[32];
        for (int k = 0; k < 8; k++) {
            const uint8_t *c = p + 2 + 3 * k;
            r->counts[k] = (int32_t)((uint32_t)c[0] << 24 | (uint32_t)c[1] << 16 | (uint32_t)c[2] << 8) >> 8;
        }
        for (int k = 0; k < 3; k++) r->aux[k] = (int16_t)(p[26 + 2 * k] << 8 | p[27 + 2 * k]);
        scan_accept(state);
        at += 33;
    }
    *made = row;
    return at;
}

#endif
