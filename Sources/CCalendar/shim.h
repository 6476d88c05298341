#pragma once
#include <time.h>

// Declared by <time.h> for _DEFAULT_SOURCE only, which Swift's importer does not set.
extern time_t timegm(struct tm *);

// Swift counts `struct tm` as unsafe, as it has a pointer in it (the zone's name).
struct coffer_civil_time { int year, month, day, hour, minute, second, weekday; };

static inline struct coffer_civil_time coffer_civil_time(long long seconds) {
    time_t time = seconds;
    struct tm parts = {0};
    gmtime_r(&time, &parts);
    return (struct coffer_civil_time){parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                                      parts.tm_min, parts.tm_sec, parts.tm_wday};
}

// The weekday does not count.
static inline long long coffer_seconds(struct coffer_civil_time time) {
    struct tm parts = {.tm_year = time.year - 1900, .tm_mon = time.month - 1, .tm_mday = time.day,
                       .tm_hour = time.hour, .tm_min = time.minute, .tm_sec = time.second};
    return timegm(&parts);
}
