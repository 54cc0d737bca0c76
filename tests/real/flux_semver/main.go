// Answers what Flux's libraries make of ranges, versions, patterns and templates.
//
// One JSON object a line on standard input, one a line on standard output:
//
//	{"range": R, "versions": [V...]}        -> {"valid": bool, "allowed": [bool or null (no version)...]}
//	{"pattern": P, "template": T, "texts": [X...]} -> {"valid": bool, "values": [text or null (no match)...]}
package main

import (
	"bufio"
	"encoding/json"
	"log"
	"os"
	"regexp"

	"github.com/Masterminds/semver/v3"
)

type question struct {
	Range    *string  `json:"range"`
	Versions []string `json:"versions"`
	Pattern  string   `json:"pattern"`
	Template string   `json:"template"`
	Texts    []string `json:"texts"`
}

type answer struct {
	Valid   bool      `json:"valid"`
	Allowed []*bool   `json:"allowed,omitempty"`
	Values  []*string `json:"values,omitempty"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			log.Fatal(err)
		}
		answered := answer{}
		if asked.Range != nil {
			answered = constrain(*asked.Range, asked.Versions)
		} else {
			answered = expand(asked.Pattern, asked.Template, asked.Texts)
		}
		if err := encoder.Encode(answered); err != nil {
			log.Fatal(err)
		}
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}

func constrain(text string, versions []string) answer {
	constraint, err := semver.NewConstraint(text)
	if err != nil {
		return answer{}
	}
	allowed := make([]*bool, len(versions))
	for i, written := range versions {
		if version, err := semver.NewVersion(written); err == nil {
			passes := constraint.Check(version)
			allowed[i] = &passes
		}
	}
	return answer{Valid: true, Allowed: allowed}
}

func expand(text, template string, tags []string) answer {
	pattern, err := regexp.Compile(text)
	if err != nil {
		return answer{}
	}
	values := make([]*string, len(tags))
	for i, tag := range tags {
		if found := pattern.FindStringSubmatchIndex(tag); found != nil {
			value := string(pattern.ExpandString(nil, template, tag, found))
			values[i] = &value
		}
	}
	return answer{Valid: true, Values: values}
}
