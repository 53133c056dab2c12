// SPDX-License-Identifier: Apache-2.0

// Command transcription writes down what is said in a recording.
//
//	go run ./examples/transcription speech.mp3
//
// Without a file it sends a second of a tone, in which nothing is said. What you
// would copy is transcription.go. Package examples/internal/example says what the
// environment changes.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/otelmistral/otelmistral/examples/internal/example"
)

func main() { program(os.Args[1:]...).Main() }

const said = "I am a test server, and this is what I have heard."

func program(files ...string) example.Program {
	return example.Program{
		Name:    "transcription",
		API:     example.API{Model: "voxtral-mini-latest"},
		Answers: map[string]string{"tone.wav": said},
		Do: func(ctx context.Context, call example.Call) error {
			t := transcriber{client: call.Client, baseURL: call.URL, key: call.Key, model: call.Model}
			name, recording, err := open(files)
			if err != nil {
				return err
			}
			defer recording.Close()
			text, err := t.transcribe(ctx, name, recording, "en")
			call.Printf("%s", text)
			return err
		},
	}
}

// open opens the first of files, or a tone if there is none.
func open(files []string) (name string, recording io.ReadCloser, err error) {
	if len(files) == 0 {
		return "tone.wav", io.NopCloser(bytes.NewReader(tone())), nil
	}
	recording, err = os.Open(files[0]) //nolint:gosec // who runs the program names it
	return filepath.Base(files[0]), recording, err
}

// tone is a second of an A as a WAV file.
func tone() []byte {
	const rate, bytesPerSample, hertz, volume = 16000, 2, 440, 8000
	const size = rate * bytesPerSample
	wav := []byte("RIFF....WAVEfmt ....................data....")
	set16, set32 := binary.LittleEndian.PutUint16, binary.LittleEndian.PutUint32
	set32(wav[4:], uint32(len(wav))-8+size)
	set32(wav[16:], 16)   // bytes of the format, which follows
	set16(wav[20:], 1)    // PCM
	set16(wav[22:], 1)    // channels
	set32(wav[24:], rate) // samples a second
	set32(wav[28:], size) // bytes a second
	set16(wav[32:], bytesPerSample)
	set16(wav[34:], 8*bytesPerSample)
	set32(wav[40:], size)
	for i := range rate {
		sample := volume * math.Sin(2*math.Pi*hertz*float64(i)/rate)
		wav = binary.LittleEndian.AppendUint16(wav, uint16(int16(sample)))
	}
	return wav
}
