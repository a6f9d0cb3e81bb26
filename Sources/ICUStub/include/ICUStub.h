/// Nothing to call: this module's one object takes the place of ICU's data in the program `flower`.
///
/// Foundation brings ICU along, and 34 MB of what it knows of languages and calendars: four tenths of the program.
/// Flower asks none of it. Linked in is an empty table in its place, as in ICU's own `stubdata`; a call that needs
/// more gets ICU's error for data that is not there (U_FILE_ACCESS_ERROR, U_MISSING_RESOURCE_ERROR).
///
/// The module is `flower`'s alone, not FlowerKit's: a program with components of its user's has all of ICU.
#ifndef ICUSTUB_H
#define ICUSTUB_H
#endif
