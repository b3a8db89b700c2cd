# What our own code is compiled with. Linked privately, so that nobody who uses leash inherits it.
option(LEASH_WERROR "Warnings are errors" ${PROJECT_IS_TOP_LEVEL})

add_library(leash_warnings INTERFACE)
target_compile_options(leash_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion $<$<BOOL:${LEASH_WERROR}>:-Werror>)
