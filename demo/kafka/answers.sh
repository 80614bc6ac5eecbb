#!/bin/bash
# kafka-answers.sh PORT: does this container's broker answer at its plain port? Kafka's own tools would start a JVM for each question.
exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
# ApiVersions, version 0: length 10, its key 18, correlation 1, no client id. The answer: length, correlation 1, no error.
printf '\x00\x00\x00\x0a\x00\x12\x00\x00\x00\x00\x00\x01\xff\xff' >&3
answer=$(timeout 3 head -c 10 <&3 | od -An -tx1)
[[ ${answer//[[:space:]]/} == ????????000000010000 ]]
