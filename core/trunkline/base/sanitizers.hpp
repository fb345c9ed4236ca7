// Which sanitizers a unit is compiled with: g++ and clang say it in different ways.
#pragma once

#if defined(__has_feature)
#define TRUNKLINE_HAS_FEATURE(feature) __has_feature(feature)
#else
#define TRUNKLINE_HAS_FEATURE(feature) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || TRUNKLINE_HAS_FEATURE(address_sanitizer)
#define TRUNKLINE_ADDRESS_SANITIZER 1
#else
#define TRUNKLINE_ADDRESS_SANITIZER 0
#endif

#if defined(__SANITIZE_THREAD__) || TRUNKLINE_HAS_FEATURE(thread_sanitizer)
#define TRUNKLINE_THREAD_SANITIZER 1
#else
#define TRUNKLINE_THREAD_SANITIZER 0
#endif

#undef TRUNKLINE_HAS_FEATURE
