# holdfast_kernel_test(NAME [ON_HOST]): tests/kernel/test_NAME.py with pytest, label "kernel", on a kernel of
# its own. ON_HOST: the test itself starts such kernels. No sanitized build: its address space is not
# to be had there.
function(holdfast_kernel_test name)
	cmake_parse_arguments(ARG "ON_HOST" "" "" ${ARGN})
	if(HOLDFAST_SANITIZE)
		return()
	endif()
	set(runner ${CMAKE_SOURCE_DIR}/tests/kernel/uml.py --timeout 300)
	if(ARG_ON_HOST)
		set(runner)
	endif()
	add_test(NAME kernel.${name} COMMAND ${runner} /usr/bin/python3 -B -m pytest --color=no -q -rs
		-p no:cacheprovider ${CMAKE_SOURCE_DIR}/tests/kernel/test_${name}.py)
	set_tests_properties(kernel.${name} PROPERTIES LABELS kernel TIMEOUT 360
		ENVIRONMENT HOLDFAST_BUILD=${CMAKE_BINARY_DIR})
endfunction()

if(NOT HOLDFAST_FUZZ)
	holdfast_kernel_test(balance_changes)
	holdfast_kernel_test(balance_kills)
	holdfast_kernel_test(balance_pair)
	holdfast_kernel_test(balance_ways)
	holdfast_kernel_test(calls)
	holdfast_kernel_test(clock)
	holdfast_kernel_test(ipvs)
	holdfast_kernel_test(ipvs_judge)
	holdfast_kernel_test(ipvs_calls)
	holdfast_kernel_test(ipvs_show)
	holdfast_kernel_test(ipvs_reconcile)
	holdfast_kernel_test(uml ON_HOST)
	add_executable(ipvs-calls ${CMAKE_SOURCE_DIR}/tests/kernel/ipvs_calls.c)
	target_link_libraries(ipvs-calls PRIVATE ipvsd holdfast_flags)
endif()
