/* Which form of a kernel runs here: plain C, AVX2, or AVX-512 with the byte and word instructions.

   A wheel is built for baseline x86-64 and a kernel that wants more is compiled several times in the same
   file, one wrapper per target. MEDIACORE_ISA forces a form; one that the processor lacks falls back to the
   best it has. */
#ifndef MEDIACORE_ISA_H
#define MEDIACORE_ISA_H

#include <stdlib.h>
#include <string.h>

enum { ISA_PLAIN = 0, ISA_AVX2 = 1, ISA_AVX512 = 2 };

#if defined(__x86_64__) && defined(__GNUC__)
#define MEDIACORE_X86 1
#define TARGET_AVX2 __attribute__((target("avx2,bmi,bmi2,fma")))
#define TARGET_AVX512 __attribute__((target("arch=x86-64-v4,prefer-vector-width=512")))
#else
#define MEDIACORE_X86 0
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static int isa_of_processor(void) {
#if MEDIACORE_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("bmi2"))
        return ISA_AVX512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma"))
        return ISA_AVX2;
#endif
    return ISA_PLAIN;
}

static int isa_chosen(void) {
    const char *asked = getenv("MEDIACORE_ISA");
    int best = isa_of_processor(), level = best;
    if (asked && !strcmp(asked, "plain")) level = ISA_PLAIN;
    else if (asked && !strcmp(asked, "avx2")) level = ISA_AVX2;
    else if (asked && !strcmp(asked, "avx512")) level = ISA_AVX512;
    return level < best ? level : best;
}

static const char *isa_name(int level) {
    return level == ISA_AVX512 ? "avx512" : level == ISA_AVX2 ? "avx2" : "plain";
}

#endif
