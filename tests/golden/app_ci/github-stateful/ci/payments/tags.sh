#!/bin/sh
# The tags under which the images of payments are pushed: a line "IMAGE TAG COMMIT CREATED" for each.
#
# Written by `fairlead app-ci`. Fairlead looks for these very tags, which come from the app's file in
# the fleet: `artifacts[].build` for a commit of a branch, `artifacts[].tag` for a git tag.
# shellcheck disable=SC2034 # each app's templates name some of the variables below, none names all
set -euf
# Ranges such as [a-z] are ASCII.
LC_ALL=C
export LC_ALL

refuse() {
  printf 'ci/payments/tags.sh: %s\n' "$1" >&2
  exit 1
}

# emit IMAGE TAG
emit() {
  case $2 in
  *[!A-Za-z0-9._-]* | [!A-Za-z0-9_]*) refuse "$2 can be no tag of an image" ;;
  esac
  [ "${#2}" -le 128 ] || refuse "$2 is too long for a tag of an image"
  printf '%s %s %s %s\n' "$1" "$2" "$commit" "$created"
}

# A number without its leading zeros.
plain() {
  digits=${1#"${1%%[!0]*}"}
  printf '%s' "${digits:-0}"
}

# What the forge says of this job. For an annotated tag it may name the tag's own object.
commit=$(git rev-parse --verify --quiet "${GITHUB_SHA:?}^{commit}") ||
  refuse "$GITHUB_SHA is no commit that was fetched"
branch='' tag=''
case ${GITHUB_REF:?} in
refs/heads/*) branch=${GITHUB_REF#refs/heads/} ;;
refs/tags/*) tag=${GITHUB_REF#refs/tags/} ;;
esac

case $commit in
*[!0-9a-f]*) refuse "$commit is no commit" ;;
esac
[ "${#commit}" -eq 40 ] || refuse "$commit is no whole commit"
sha7=$(printf '%.7s' "$commit")

# One moment for all tags.
moment=$(date -u '+%Y %m %d %H %M %S %s')
read -r year month day hour minute second epoch <<END
$moment
END
created=$year-$month-${day}T$hour:$minute:${second}Z

if [ -n "$branch" ]; then
  case $branch in
  main) branch=main ;;
  *) refuse "no environment follows this branch" ;;
  esac
  emit ghcr.io/shop/payments "main-${sha7}-${year}${month}${day}${hour}${minute}${second}"
elif [ -n "$tag" ]; then
  # Whoever may push a tag chooses its name, and a shell or a terminal may take it for something.
  shown=$(printf '%s' "$tag" | tr -c 'A-Za-z0-9._+@/-' '?')
  [ "$shown" = "$tag" ] || refuse "the tag $shown has characters that no version has"
  case $tag in
  v?*) ;;
  *) refuse "$shown is no tag like v{version}" ;;
  esac
  text=$tag
  text=${text#v}
  identifier='(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)'
  metadata='[0-9A-Za-z-]+'
  number='0*[0-9]{1,18}'
  printf '%s\n' "$text" | grep -Eq \
    "^$number\.$number(\.$number)?(-$identifier(\.$identifier)*)?(\+$metadata(\.$metadata)*)?\$" ||
    refuse "$shown names no version"
  version=$text
  core=${text%%[-+]*}
  suffix=${text#"$core"}
  rest=${core#*.}
  patch=0
  case $rest in
  *.*) patch=${rest#*.} ;;
  esac
  numbers=$(plain "${core%%.*}").$(plain "${rest%%.*}").$(plain "$patch")
  semver=$numbers${suffix%%+*}
  emit ghcr.io/shop/payments "${tag}"
else
  refuse "neither a branch nor a tag is built here"
fi
