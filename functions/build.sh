#!/usr/bin/env bash
# Builds every function for Lambda in one run, so that the AWS SDK is built once. The first build takes some minutes.
#
# usage: functions/build.sh [arm64|x86_64]   (default: $ARCHITECTURE, or what template.yaml has as its default)
#
# Puts each binary at target/functions/ARCHITECTURE/FUNCTION/bootstrap. `sam build` calls this through the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."

default=$(sed -n '/^  Architecture:$/,/Default:/s/^    Default: //p' template.yaml)
architecture=${1:-${ARCHITECTURE:-$default}}
case $architecture in
  arm64) target=aarch64-unknown-linux-gnu ;;
  x86_64) target=x86_64-unknown-linux-gnu ;;
  *) echo "build.sh: unknown architecture $architecture: arm64 or x86_64" >&2; exit 2 ;;
esac

packages=()
names=()
for main in functions/*/src/main.rs; do
  name=$(basename "$(dirname "$(dirname "$main")")")
  names+=("$name")
  packages+=(--package "$name")
done

# A separate target directory: with these flags, cargo would otherwise rebuild everything else.
export CARGO_TARGET_DIR=${FUNCTIONS_TARGET_DIR:-$PWD/target/dist}
# For size: the profile aborts on panic, so the binaries need no unwind tables, and no tables for relocation. Cargo.toml
# has the resulting sizes.
flags="-C force-unwind-tables=no -C relocation-model=static"

host=$(rustc -vV | sed -n 's/^host: //p')

# Reports whether the linker that rustc uses here takes a flag.
links() { # flag of the linker, flag of the compiler
  local folder ok=1
  folder=$(mktemp -d)
  echo 'fn main() {}' >"$folder/main.rs"
  rustc --target "$target" -C "link-arg=-Wl,$1" ${2:+-C "link-arg=$2"} -o "$folder/main" "$folder/main.rs" 2>/dev/null && ok=0
  rm -r "$folder"
  return "$ok"
}
if [ "$host" = "$target" ] && [ -z "${CARGO_LAMBDA:-}" ]; then
  # The linker keeps one of several identical functions, if it can: lld does, which is rustc's own on x86_64 Linux, and
  # GNU ld, which it uses elsewhere, refuses the flag.
  if links --icf=all; then
    flags="$flags -C link-arg=-Wl,--icf=all"
  elif links --icf=all -fuse-ld=lld; then
    flags="$flags -C link-arg=-fuse-ld=lld -C link-arg=-Wl,--icf=all"
  else
    echo "build.sh: the linker knows no --icf=all, so the functions are about a quarter larger: install lld to change that" >&2
  fi
  RUSTFLAGS="$flags" cargo build --locked --profile dist --target "$target" "${packages[@]}"
  built=$CARGO_TARGET_DIR/$target/dist
elif command -v cargo-lambda >/dev/null; then
  # Links with zig, for any Linux, from any machine.
  RUSTFLAGS="$flags" cargo lambda build --locked --profile dist --target "$target" "${packages[@]}"
  built=
elif command -v aarch64-linux-gnu-gcc >/dev/null && [ "$architecture" = arm64 ] &&
  [ -d "$(rustc --print sysroot)/lib/rustlib/$target" ]; then
  export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc
  RUSTFLAGS="$flags" cargo build --locked --profile dist --target "$target" "${packages[@]}"
  built=$CARGO_TARGET_DIR/$target/dist
else
  cat >&2 <<MESSAGE
build.sh: this machine ($host) cannot build for $target. One of these helps:
  - install cargo-lambda (https://www.cargo-lambda.info), which builds for both from anywhere
  - rustup target add $target, and on Debian or Ubuntu: apt-get install gcc-aarch64-linux-gnu
  - build for this machine's own processor: ARCHITECTURE=x86_64 sam build, and deploy with Architecture=x86_64
MESSAGE
  exit 1
fi

# provided.al2023 has glibc 2.34.
check() {
  local needs
  # The names of the versions that a binary needs are texts in it.
  needs=$(grep -a -o 'GLIBC_2\.[0-9]*' "$1" | sort -u -V | tail -1)
  if [ -z "$needs" ]; then
    echo "build.sh: $1 names no version of glibc: it is no binary that Lambda can run" >&2
    exit 1
  fi
  if [ "$(printf '%s\nGLIBC_2.34\n' "$needs" | sort -V | tail -1)" != GLIBC_2.34 ]; then
    cat >&2 <<MESSAGE
build.sh: $1 needs $needs, and Lambda has GLIBC_2.34, because this system is newer. One of these helps:
  - install cargo-lambda (pip3 install cargo-lambda), and run: CARGO_LAMBDA=1 functions/build.sh $architecture
  - build on Amazon Linux 2023 or Debian 12, for example in a container
MESSAGE
    exit 1
  fi
}

for name in "${names[@]}"; do
  out=target/functions/$architecture/$name
  if [ -n "$built" ]; then from=$built/$name; else from=$CARGO_TARGET_DIR/lambda/$name/bootstrap; fi
  # Unchanged files keep their modification time, so that unchanged functions are not uploaded again.
  if ! cmp --silent "$from" "$out/bootstrap"; then
    check "$from"
    mkdir -p "$out"
    cp "$from" "$out/bootstrap"
  fi
done
