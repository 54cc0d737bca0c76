// Edits scalars with yaml.v3's Node API: decode every document, set the value, encode again.
//
// Its argument is a directory with job.json; the answer on standard output is that of every editing
// program of the benchmarks (see benchmarks/editing.py).
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"gopkg.in/yaml.v3"
)

type edit struct {
	Address []any  `json:"address"`
	New     string `json:"new"`
}

type target struct {
	File     string `json:"file"`
	Document int    `json:"document"`
	Edits    []edit `json:"edits"`
	data     []byte
}

type job struct {
	Rounds  int      `json:"rounds"`
	Targets []target `json:"targets"`
}

type result struct {
	Text    []byte `json:"text,omitempty"`
	Refused string `json:"refused,omitempty"`
}

type answer struct {
	Seconds []float64 `json:"seconds"`
	Results []result  `json:"results"`
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(directory string) error {
	text, err := os.ReadFile(filepath.Join(directory, "job.json"))
	if err != nil {
		return err
	}
	var work job
	if err := json.Unmarshal(text, &work); err != nil {
		return err
	}
	for i := range work.Targets {
		file := filepath.Join(directory, work.Targets[i].File)
		if work.Targets[i].data, err = os.ReadFile(file); err != nil {
			return err
		}
	}
	said := answer{}
	for range make([]struct{}, work.Rounds) {
		said.Results = make([]result, 0, len(work.Targets))
		began := used()
		for _, each := range work.Targets {
			said.Results = append(said.Results, one(each))
		}
		said.Seconds = append(said.Seconds, used()-began)
	}
	return json.NewEncoder(os.Stdout).Encode(said)
}

func used() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	seconds := float64(usage.Utime.Sec + usage.Stime.Sec)
	return seconds + float64(usage.Utime.Usec+usage.Stime.Usec)/1e6
}

// yaml.v3 panics on some texts that it cannot write; that is a refusal too.
func one(each target) (said result) {
	defer func() {
		if trouble := recover(); trouble != nil {
			said = result{Refused: fmt.Sprint(trouble)}
		}
	}()
	text, err := edited(each)
	if err != nil {
		return result{Refused: err.Error()}
	}
	return result{Text: text}
}

func edited(each target) ([]byte, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(each.data))
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	done := false
	for index := 0; ; index++ {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if index == each.Document {
			for _, wanted := range each.Edits {
				if err := set(&document, wanted); err != nil {
					return nil, err
				}
			}
			done = true
		}
		if err := encoder.Encode(&document); err != nil {
			return nil, err
		}
	}
	if !done {
		return nil, errors.New("no such document")
	}
	err := encoder.Close()
	return out.Bytes(), err
}

func set(document *yaml.Node, wanted edit) error {
	node := document
	if node.Kind == yaml.DocumentNode {
		node = node.Content[0]
	}
	for _, step := range wanted.Address {
		node = child(node, step)
		if node == nil {
			return errors.New("not found")
		}
	}
	if node.Kind != yaml.ScalarNode {
		return errors.New("no scalar")
	}
	node.Value = wanted.New
	node.Tag = "!!str"
	return nil
}

func child(node *yaml.Node, step any) *yaml.Node {
	switch step := step.(type) {
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == step {
				return node.Content[i+1]
			}
		}
	case float64:
		if index := int(step); node.Kind == yaml.SequenceNode && index < len(node.Content) {
			return node.Content[index]
		}
	}
	return nil
}
