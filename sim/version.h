/* sim/version.h - which Hillock this is. The only place where the version number stands. */
#ifndef HK_VERSION_H
#define HK_VERSION_H

#define HK_VERSION "0.1.0"

/** Version of the library that runs, with the commit it was built from where that was known and "-dirty" when the
 *  sources had been changed since: "0.1.0+1f0c2d3e4b-dirty". Compare with HK_VERSION, that of the headers. */
const char *hk_version(void);

#endif
