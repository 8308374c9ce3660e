# holdfast_systemd_test(NAME): tests/systemd/test_NAME.py with pytest, label "systemd", in a Debian with
# systemd on a kernel of its own.
function(holdfast_systemd_test name)
	add_test(NAME systemd.${name} COMMAND ${CMAKE_SOURCE_DIR}/tests/systemd/boot.py --timeout 600
		/usr/bin/python3 -B -m pytest --color=no -v -rs -p no:cacheprovider
		${CMAKE_SOURCE_DIR}/tests/systemd/test_${name}.py)
	set_tests_properties(systemd.${name} PROPERTIES LABELS systemd TIMEOUT 640 COST 1000 FIXTURES_REQUIRED "systemd-image;package;package-next"
		ENVIRONMENT HOLDFAST_BUILD=${CMAKE_BINARY_DIR})
endfunction()

if(NOT HOLDFAST_FUZZ AND NOT HOLDFAST_SANITIZE)
	add_test(NAME systemd.image COMMAND ${CMAKE_SOURCE_DIR}/tests/systemd/build-image)
	set_tests_properties(systemd.image PROPERTIES LABELS systemd TIMEOUT 600 FIXTURES_SETUP systemd-image
		ENVIRONMENT HOLDFAST_BUILD=${CMAKE_BINARY_DIR})
	holdfast_systemd_test(boot)
	holdfast_systemd_test(service)
endif()
