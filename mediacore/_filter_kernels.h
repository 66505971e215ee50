/* Second-order sections, transposed direct form II. A section is b0 b1 b2 a1 a2 (a0 is one). */
#ifndef MEDIACORE_FILTER_KERNELS_H
#define MEDIACORE_FILTER_KERNELS_H

#include <math.h>
#include <stddef.h>

#include "_isa.h"

typedef struct {
    double b0, b1, b2, a1, a2;
} section;

typedef struct {
    double z1, z2;
} section_state;

ALWAYS_INLINE double section_step(const section *c, section_state *s, double x) {
    double y = c->b0 * x + s->z1;
    s->z1 = c->b1 * x - c->a1 * y + s->z2;
    s->z2 = c->b2 * x - c->a2 * y;
    return y;
}

/* All sections for one sample before the next sample: the processor overlaps them. */
ALWAYS_INLINE void cascade_of(size_t sections, const section *c, section_state *state, const double *x,
                              double *y, size_t count) {
    section coefficients[4];
    section_state s[4];
    for (size_t k = 0; k < sections; k++) coefficients[k] = c[k], s[k] = state[k];
    for (size_t i = 0; i < count; i++) {
        double value = x[i];
        for (size_t k = 0; k < sections; k++) value = section_step(&coefficients[k], &s[k], value);
        y[i] = value;
    }
    for (size_t k = 0; k < sections; k++) state[k] = s[k];
}

static void cascade(size_t sections, const section *c, section_state *s, const double *x, double *y,
                    size_t count) {
    for (; sections > 4; sections -= 4, c += 4, s += 4, x = y) cascade_of(4, c, s, x, y, count);
    if (sections == 4) cascade_of(4, c, s, x, y, count);
    else if (sections == 3) cascade_of(3, c, s, x, y, count);
    else if (sections == 2) cascade_of(2, c, s, x, y, count);
    else cascade_of(1, c, s, x, y, count);
}

#endif
