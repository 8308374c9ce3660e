# Compiler settings, libraries and the two kinds of target that the suite is made of.

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

option(HOLDFAST_SANITIZE "AddressSanitizer and UndefinedBehaviorSanitizer, no recovery" OFF)
option(HOLDFAST_FUZZ "build the libFuzzer targets (clang)" OFF)
option(HOLDFAST_WERROR "treat warnings as errors" ON)

include(CheckPIESupported)
check_pie_supported()

find_package(PkgConfig REQUIRED)
pkg_check_modules(EVENT REQUIRED IMPORTED_TARGET libevent_core>=2.1)
pkg_check_modules(EVENT_EXTRA REQUIRED IMPORTED_TARGET libevent_extra>=2.1)
pkg_check_modules(EVENT_OPENSSL REQUIRED IMPORTED_TARGET libevent_openssl>=2.1)
pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET libssl>=3.0 libcrypto)
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
pkg_check_modules(NL REQUIRED IMPORTED_TARGET libnl-3.0)
pkg_check_modules(NL_ROUTE REQUIRED IMPORTED_TARGET libnl-route-3.0)
pkg_check_modules(NL_GENL REQUIRED IMPORTED_TARGET libnl-genl-3.0)
pkg_check_modules(CAPNG REQUIRED IMPORTED_TARGET libcap-ng)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(BSD REQUIRED IMPORTED_TARGET libbsd)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)

# What libbsd-overlay says. CMake 3.25 passes its "-isystem" on in one way when it configures first and in
# another way from then on, so that everything would be compiled twice.
target_include_directories(PkgConfig::BSD SYSTEM INTERFACE ${BSD_INCLUDEDIR}/bsd)
target_compile_definitions(PkgConfig::BSD INTERFACE LIBBSD_OVERLAY)

add_library(holdfast_flags INTERFACE)
target_compile_definitions(holdfast_flags INTERFACE _GNU_SOURCE HOLDFAST_VERSION="${PROJECT_VERSION}"
	HOLDFAST_LIBEXECDIR="${CMAKE_INSTALL_FULL_LIBEXECDIR}/holdfast")
target_include_directories(holdfast_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(holdfast_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
	-Wpointer-arith -Wcast-qual -Wwrite-strings -Wformat=2 -Wundef -Wvla -Wswitch-enum
	-Wnull-dereference -Wimplicit-fallthrough -fno-common -fno-strict-aliasing)
if(HOLDFAST_WERROR)
	target_compile_options(holdfast_flags INTERFACE -Werror)
endif()
if(HOLDFAST_SANITIZE)
	target_compile_definitions(holdfast_flags INTERFACE HOLDFAST_SANITIZED=1)
	target_compile_options(holdfast_flags INTERFACE -fsanitize=address,undefined
		-fno-sanitize-recover=all -fno-omit-frame-pointer)
	target_link_options(holdfast_flags INTERFACE -fsanitize=address,undefined)
else()
	target_compile_options(holdfast_flags INTERFACE -fstack-protector-strong
		-fstack-clash-protection -fcf-protection=full
		$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE> $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
endif()
if(HOLDFAST_FUZZ)
	target_compile_options(holdfast_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
target_link_options(holdfast_flags INTERFACE -Wl,-z,relro,-z,now -Wl,-z,noexecstack -Wl,--as-needed)

# holdfast_library(NAME SOURCES… LINK…): one room of the house, as a static library.
function(holdfast_library name)
	cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
	add_library(${name} STATIC ${ARG_SOURCES})
	target_link_libraries(${name} PUBLIC holdfast_flags ${ARG_LINK})
endfunction()

# holdfast_program(NAME DIR INSTALL_DIR SOURCES… LINK…): a short main over a library. DIR is where the
# build tree keeps it; the suite's inner binaries live in libexec/ so that they run without an install.
function(holdfast_program name dir install_dir)
	cmake_parse_arguments(ARG "" "" "SOURCES;LINK" ${ARGN})
	add_executable(${name}-bin ${ARG_SOURCES})
	set_target_properties(${name}-bin PROPERTIES OUTPUT_NAME ${name}
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/${dir} POSITION_INDEPENDENT_CODE ON)
	target_link_libraries(${name}-bin PRIVATE ${ARG_LINK})
	install(TARGETS ${name}-bin DESTINATION ${install_dir})
endfunction()
