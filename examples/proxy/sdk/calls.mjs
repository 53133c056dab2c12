// SPDX-License-Identifier: Apache-2.0

// What a program in TypeScript has to do for its calls to be traced: give the
// SDK the address of the proxy as serverURL. The hook below is for programs that
// trace their own work, or know their user, and want the proxy's spans to say so.
//
// The rest calls everything of the SDK that the proxy's test is about, and prints
// a line of JSON for each call. The SDK checks each reply against its schema.

import { HTTPClient, Mistral } from "@mistralai/mistralai";

const http = new HTTPClient();
http.addHook("beforeRequest", (request) => {
  request.headers.set("traceparent", process.env.TRACEPARENT);
  request.headers.set("baggage", 'user.id=ada,session.id=s-1,otelmistral.tags=' + encodeURIComponent('["typescript"]'));
  return request;
});

const mistral = new Mistral({
  serverURL: process.env.PROXY_URL,
  apiKey: process.env.MISTRAL_API_KEY,
  httpClient: http,
  retryConfig: { strategy: "none" },
});

const model = "mistral-small-latest";
const ask = (content) => [{ role: "user", content }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "The weather in a city",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

function tell(call, result) {
  console.log(JSON.stringify({ call, ...result }));
}

function completed(call, { choices: [{ message, finishReason }], usage }) {
  tell(call, {
    text: message.content,
    finish: finishReason,
    tool: message.toolCalls?.[0].function.name,
    arguments: message.toolCalls?.[0].function.arguments,
    input: usage.promptTokens,
    output: usage.completionTokens,
  });
}

// streamed reads a stream of chunks to its end.
async function streamed(call, stream) {
  let text = "", finish, usage, toolCalls;
  for await (const { data } of stream) {
    const [choice] = data.choices;
    text += choice.delta.content ?? "";
    finish = choice.finishReason ?? finish;
    toolCalls = choice.delta.toolCalls ?? toolCalls;
    usage = data.usage ?? usage;
  }
  tell(call, { text, finish, tool: toolCalls?.[0].function.name, input: usage.promptTokens, output: usage.completionTokens });
}

async function chat() {
  completed("chat", await mistral.chat.complete({ model, messages: ask("What is the capital of France?") }));
  await streamed("chat stream", await mistral.chat.stream({ model, messages: ask("What is the capital of France?") }));
}

// tools is the whole loop: the model calls, the program runs, the model answers.
async function tools() {
  const messages = ask("What is the weather in Paris?");
  const reply = await mistral.chat.complete({ model, messages, tools: [weather], toolChoice: "any" });
  completed("tool call", reply);
  const { message } = reply.choices[0];
  const [call] = message.toolCalls;
  messages.push(message, { role: "tool", toolCallId: call.id, name: call.function.name, content: '{"weather":"sunny"}' });
  completed("tool result", await mistral.chat.complete({ model, messages, tools: [weather] }));
  await streamed("tool call stream", await mistral.chat.stream({ model, messages: ask("What is the weather in Paris?"), tools: [weather] }));
}

async function embeddings() {
  const { data, usage } = await mistral.embeddings.create({ model: "mistral-embed", inputs: ["one", "two"] });
  tell("embeddings", { vectors: data.length, dimension: data[0].embedding.length, input: usage.promptTokens });
}

async function fim() {
  const code = { model: "codestral-latest", prompt: "def add(a, b):", suffix: "# end" };
  completed("fim", await mistral.fim.complete(code));
  await streamed("fim stream", await mistral.fim.stream(code));
}

async function agents() {
  const agent = await mistral.beta.agents.create({ model, name: "guide", instructions: "Be brief.", tools: [weather] });
  tell("agent created", { agent: agent.name });
  const messages = ask("What is the capital of France?");
  completed("agent", await mistral.agents.complete({ agentId: agent.id, messages }));
  await streamed("agent stream", await mistral.agents.stream({ agentId: agent.id, messages }));
}

// Content is a text, or a list with a text in it.
const textOf = (content) => Array.isArray(content) ? content.find(({ type }) => type === "text").text : content;

const conversed = ({ outputs, usage }) => ({
  outputs: outputs.map(({ type }) => type),
  text: textOf(outputs.at(-1).content),
  tool: outputs.at(-1).name,
  input: usage.promptTokens,
  output: usage.completionTokens,
});

// listened reads a stream of a conversation to its end.
async function listened(call, stream) {
  let text = "", usage, error;
  const events = {};
  for await (const { event, data } of stream) {
    events[event] = (events[event] ?? 0) + 1;
    if (event === "message.output.delta" && typeof data.content === "string") text += data.content;
    if (event === "conversation.response.error") error = data.message;
    usage = data.usage ?? usage;
  }
  tell(call, { events: Object.keys(events), text, error, input: usage?.promptTokens, output: usage?.completionTokens });
}

async function conversations() {
  const { conversations } = mistral.beta;
  const inputs = "What is the capital of France?";
  const started = await conversations.start({ model, inputs, tools: [{ type: "web_search" }, { type: "code_interpreter" }] });
  tell("conversation", conversed(started));
  const { conversationId } = started;
  const appended = await conversations.append({ conversationId, conversationAppendRequest: { inputs } });
  tell("conversation append", { same: appended.conversationId === conversationId, ...conversed(appended) });
  tell("conversation function", conversed(await conversations.start({ agentId: "ag_1", inputs: "The weather in Paris?", tools: [weather] })));
  await listened("conversation stream", await conversations.startStream({
    model, inputs, tools: [{ type: "web_search" }, { type: "image_generation" }],
  }));
  await listened("conversation append stream", await conversations.appendStream({ conversationId, conversationAppendStreamRequest: { inputs } }));
  await listened("conversation handoff stream", await conversations.startStream({ agentId: "ag_1", inputs: "Please hand off to Ada." }));
  await listened("conversation function stream", await conversations.startStream({ model, inputs: "The weather in Paris?", tools: [weather] }));
  const restarted = await conversations.restart({ conversationId, conversationRestartRequest: { inputs, fromEntryId: "msg_1" } });
  tell("conversation restart", { same: restarted.conversationId === conversationId, ...conversed(restarted) });
}

// others are endpoints that this test has for the sake of the test server.
async function others() {
  const thinking = await mistral.chat.complete({ model: "magistral-medium-latest", messages: ask("What is 2 + 2?") });
  tell("thinking", { outputs: thinking.choices[0].message.content.map(({ type }) => type) });
  const moderated = await mistral.classifiers.moderate({ model: "mistral-moderation-latest", inputs: ["I will kill you"] });
  tell("moderation", { outputs: Object.keys(moderated.results[0].categories).filter((c) => moderated.results[0].categories[c]) });
  const classified = await mistral.classifiers.classify({ model: "ministral-3b-latest", inputs: ["Why?"] });
  tell("classification", { outputs: Object.keys(classified.results[0]) });
  const read = await mistral.ocr.process({ model: "mistral-ocr-latest", document: { type: "document_url", documentUrl: "https://example.com/a.pdf" } });
  tell("ocr", { pages: read.pages.length });
  const heard = await mistral.audio.transcriptions.complete({ model: "voxtral-mini-latest", fileUrl: "https://example.com/a.mp3" });
  const { promptAudioSeconds, totalTokens, completionTokens } = heard.usage; // the prompt does not count audio, the total does
  tell("transcription", { seconds: promptAudioSeconds, input: totalTokens - completionTokens });
  const spoken = await mistral.audio.speech.complete({ model: "voxtral-mini-tts-latest", input: "Hello", responseFormat: "mp3" });
  tell("speech", { same: spoken.audioData.length > 0 });
  const { data } = await mistral.models.list();
  tell("models", { same: data.length > 0 });
}

// refused tells how the SDK says that a call was refused, or its reply broken.
async function refused() {
  for (const [call, request] of [
    ["unknown model", { model: "no-such-model", messages: ask("Hello?") }],
    ["no choices", { model, messages: ask("Hello?"), n: 0 }],
    ["reply against the schema", { model: "mistral-broken", messages: ask("Hello?") }],
  ]) {
    try {
      completed(call, await mistral.chat.complete(request));
    } catch (error) {
      tell(call, { error: error.name, status: error.statusCode });
    }
  }
}

// left leaves a stream that goes on.
async function left() {
  for await (const { data } of await mistral.chat.stream({ model: "mistral-endless", messages: ask("Hello?") })) {
    tell("left", { text: data.choices[0].delta.content });
    break;
  }
}

for (const part of [chat, tools, embeddings, fim, agents, conversations, others, refused, left]) {
  try {
    await part();
  } catch (error) {
    console.error(`${part.name}: ${error.stack}\n${error.pretty?.() ?? ""}\n${error.rawMessage ?? ""}`);
    process.exitCode = 1;
  }
}
