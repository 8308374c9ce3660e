# holdfast_net_test(NAME [SERIAL] [ASAN]): tests/net/test_NAME.py with pytest. SERIAL: judges times, so
# that nothing else runs beside it; ASAN: runs with the sanitized build too.
function(holdfast_net_test name)
	cmake_parse_arguments(ARG "SERIAL;ASAN" "" "" ${ARGN})
	if(HOLDFAST_SANITIZE AND NOT ARG_ASAN)
		return()
	endif()
	add_test(NAME net.${name} COMMAND /usr/bin/python3 -B -m pytest -q -rs -p no:cacheprovider
		${CMAKE_SOURCE_DIR}/tests/net/test_${name}.py)
	set_tests_properties(net.${name} PROPERTIES LABELS $<IF:$<BOOL:${HOLDFAST_SANITIZE}>,net-asan,net>
		TIMEOUT 300 ENVIRONMENT HOLDFAST_BUILD=${CMAKE_BINARY_DIR})
	if(ARG_SERIAL)
		set_tests_properties(net.${name} PROPERTIES RUN_SERIAL ON)
	endif()
endfunction()

if(NOT HOLDFAST_FUZZ)
	holdfast_net_test(addresses)
	holdfast_net_test(failover SERIAL ASAN)
	holdfast_net_test(garp)
	holdfast_net_test(interfaces ASAN)
	holdfast_net_test(interop)
	holdfast_net_test(packets ASAN)
	holdfast_net_test(reload SERIAL ASAN)
	holdfast_net_test(scale SERIAL)
	holdfast_net_test(supervision SERIAL ASAN)
	holdfast_net_test(tcpdump)
endif()
