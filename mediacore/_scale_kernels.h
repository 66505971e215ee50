/* The forms of the kernels of scaling: what AVX-512 does not weave, it leaves to AVX2. */
#ifndef MEDIACORE_SCALE_KERNELS_H
#define MEDIACORE_SCALE_KERNELS_H

#include "_scale_table.h"
#include "_scale_weave.h"

#define FORM(name) name##_plain
#define WIDE 0
#include "_scale_body.h"
#undef FORM
#undef WIDE

#if MEDIACORE_X86
#define WIDE 1
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,fma")
#define FORM(name) name##_avx2
#include "_scale_body.h"
#undef FORM
#pragma GCC pop_options
#undef WIDE
#endif

/* Whether this form weaves where the widths allow it. */
static int scale_weaves(int isa, int kind) {
    return isa >= ISA_AVX512 && kind != KIND_HALF && kind != KIND_QUARTER && kind != KIND_U8;
}

static int scale_is_woven(int isa, const scale_job *job) {
    return scale_weaves(isa, job->kind) && job->woven->steps;
}

/* The bytes of scratch that a job needs. */
static size_t scale_scratch(int isa, const scale_job *job) {
    if (job->kind == KIND_HALF || job->kind == KIND_QUARTER || scale_is_woven(isa, job)) return 0;
    size_t pitch = (size_t)((job->across->in * job->channels + 15) / 16 * 16 + 16);
    return pitch * 2 * 8 * sizeof(float) + 64;
}

static void scale_at(int isa, const scale_job *job) {
#if MEDIACORE_X86
    if (scale_is_woven(isa, job) && job->kind == KIND_LINES) scale_woven_16(job);
    else if (scale_is_woven(isa, job)) scale_woven_float(job);
    else if (isa >= ISA_AVX2) scale_avx2(job);
    else
#endif
        scale_plain(job);
}

#endif
