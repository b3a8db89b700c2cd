# Whole-build switches: they have to be the same in every translation unit, so they are directory options and not a target's.
if(LEASH_SANITIZE)
  add_compile_options(-fsanitize=${LEASH_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${LEASH_SANITIZE})
endif()
if(LEASH_MUTATIONS)
  add_compile_definitions(LEASH_MUTATIONS=1)
endif()
