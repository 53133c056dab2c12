// SPDX-License-Identifier: Apache-2.0

package main

// What is said in a recording. Langfuse's cookbook and Respan's page have no such
// section.
//
// The recording passes through, in the request and here, and is held nowhere: not
// a byte of it is in the trace. OpenTelemetry has no operation for it, so the span
// is named after Mistral's, and has the text, the language and the seconds.

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
)

// transcriber writes down recordings.
type transcriber struct {
	client  *http.Client // from instrumentation
	baseURL string       // such as https://api.mistral.ai
	key     string
	model   string // such as voxtral-mini-latest
}

// transcribe returns what is said in the recording, of which the name tells the
// format. language, such as "en", may be empty.
func (t transcriber) transcribe(ctx context.Context, name string, recording io.Reader, language string) (string, error) {
	body, upload := io.Pipe()
	form := multipart.NewWriter(upload)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.baseURL+"/v1/audio/transcriptions", body)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+t.key)
	req.Header.Set("Content-Type", form.FormDataContentType())
	// Do closes body however it ends, and that ends this goroutine.
	go func() { upload.CloseWithError(t.fill(form, name, recording, language)) }()
	resp, err := t.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("mistral answered %s", resp.Status)
	}
	var reply struct {
		Text string `json:"text"`
	}
	err = json.NewDecoder(resp.Body).Decode(&reply)
	return reply.Text, err
}

// fill writes the form, the recording last: what stands before it is known early.
func (t transcriber) fill(form *multipart.Writer, name string, recording io.Reader, language string) error {
	fields := [][2]string{{"model", t.model}}
	if language != "" {
		fields = append(fields, [2]string{"language", language})
	}
	for _, field := range fields {
		if err := form.WriteField(field[0], field[1]); err != nil {
			return err
		}
	}
	file, err := form.CreateFormFile("file", name)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, recording); err != nil {
		return err
	}
	return form.Close()
}
