# Sourced by tests/run, tests/demo and tests/bench/run: packages, users, builds.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() {
	printf '\n== %s\n' "$*"
}

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" = 0 ] || die "must run as root (it makes network namespaces): sudo $0"
}

# install_packages KIND…: what tests/packages lists under these kinds and is not there yet. Asks the
# archive for nothing when all is there.
install_packages() {
	local kinds="$*" missing=() kind package
	while read -r kind package; do
		case " $kinds " in
		*" $kind "*) ;;
		*) continue ;;
		esac
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
			missing+=("$package")
	done < <(grep -v '^#' "$top/tests/packages")
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update && apt-get -q -y --no-install-recommends install "${missing[@]}" ||
		die "apt-get could not install: ${missing[*]}"
}

# build PRESET [CMAKE ARGUMENTS…]
build() {
	local preset=$1 started=$SECONDS
	shift
	say "building preset $preset"
	(cd "$top" && cmake --preset "$preset" -G Ninja "$@" --log-level=WARNING >/dev/null &&
		cmake --build --preset "$preset" -- --quiet) || return 1
	echo "   done in $((SECONDS - started)) s"
}
