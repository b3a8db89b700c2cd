# leash_corpus: the leak shapes that leash has to find, tests/corpus, explored. `make corpus` runs it.
find_package(CLI11 REQUIRED)
file(GLOB leash_corpus_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/tests/corpus/*.cpp" "${PROJECT_SOURCE_DIR}/tests/corpus/*/*.cpp")
add_executable(leash_corpus ${leash_corpus_sources})
target_include_directories(leash_corpus PRIVATE "${PROJECT_SOURCE_DIR}/tests")
target_link_libraries(leash_corpus PRIVATE leash::testing leash_warnings CLI11::CLI11)
# Its programs stay files of their own: each is read alone, and has names that others have too.
leash_compile_together(leash_corpus HEADERS <leash/explore.hpp> <leash/leash.hpp>)
add_test(NAME Corpus COMMAND leash_corpus --tsv "${PROJECT_BINARY_DIR}/corpus.tsv")
set_tests_properties(Corpus PROPERTIES LABELS corpus TIMEOUT 600)
