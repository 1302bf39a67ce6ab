# Tests of the house itself: what the library exports, what each room may reference and include, that
# headers stand alone, that the package can be used, and that the samples are what the generator makes.
set(house ${CMAKE_CURRENT_SOURCE_DIR}/house)
find_program(BASH_PROGRAM bash REQUIRED)

function(add_house_test name)
  add_test(NAME house_${name} COMMAND ${BASH_PROGRAM} ${ARGN} COMMAND_EXPAND_LISTS)
  set_tests_properties(house_${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 LABELS house)
endfunction()

add_house_test(symbols ${house}/symbols.sh ${CMAKE_NM} $<TARGET_FILE:pelton_shared> ${PROJECT_SOURCE_DIR})
add_house_test(kernels_references ${house}/references.sh ${CMAKE_NM} kernels $<TARGET_OBJECTS:pelton_kernels>)
add_house_test(io_references ${house}/references.sh ${CMAKE_NM} io $<TARGET_OBJECTS:pelton_io>)
add_house_test(includes ${house}/includes.sh ${PROJECT_SOURCE_DIR})
add_house_test(headers ${house}/headers.sh ${PROJECT_SOURCE_DIR})
add_house_test(queries ${house}/queries.sh ${PROJECT_SOURCE_DIR} ${CMAKE_C_COMPILER})
add_house_test(tree ${house}/tree.sh ${PROJECT_SOURCE_DIR} ${PROJECT_VERSION})

add_house_test(commands ${house}/commands.sh ${PROJECT_SOURCE_DIR})
add_house_test(written ${house}/written.sh ${PROJECT_SOURCE_DIR})
add_house_test(options ${house}/options.sh $<TARGET_FILE:pelton>)
add_house_test(readme ${house}/readme.sh $<TARGET_FILE:pelton> ${PROJECT_SOURCE_DIR}/README.md)

# With sanitizers every user of the library would have to be built with them.
if(NOT PELTON_SANITIZE)
  add_house_test(installed ${house}/consumer.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} installed)
  add_house_test(subdirectory ${house}/consumer.sh ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} subdirectory)
  set_tests_properties(house_installed house_subdirectory PROPERTIES ENVIRONMENT CC=${CMAKE_C_COMPILER})
endif()

# The generator is not part of the usual build: this builds it.
add_test(NAME house_samples_build COMMAND ${CMAKE_COMMAND} --build ${PROJECT_BINARY_DIR}
         --target pelton_samples)
add_test(NAME house_samples COMMAND pelton_samples --check ${PROJECT_SOURCE_DIR}/data/samples)
set_tests_properties(house_samples_build PROPERTIES FIXTURES_SETUP samples LABELS house)
set_tests_properties(house_samples PROPERTIES FIXTURES_REQUIRED samples SKIP_RETURN_CODE 77
                     TIMEOUT 120 LABELS house)

# The plotting scripts. The distribution's python3, for its packages.
find_program(SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
function(add_plot_test script)
  if(SYSTEM_PYTHON)
    add_test(NAME house_${script} COMMAND ${SYSTEM_PYTHON} ${house}/${script}.py
             ${PROJECT_SOURCE_DIR}/scripts/${script}.py ${ARGN})
  else()
    add_test(NAME house_${script} COMMAND ${BASH_PROGRAM} -c "echo 'skipped: no /usr/bin/python3'; exit 77")
  endif()
  set_tests_properties(house_${script} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120 LABELS house)
endfunction()
add_plot_test(plot_scaling)
add_plot_test(plot_trace $<TARGET_FILE:pelton> ${PROJECT_SOURCE_DIR}/data/samples)
