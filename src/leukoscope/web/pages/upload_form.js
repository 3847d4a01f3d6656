// Choosing, dropping and sending pictures. Text is only ever put in as text.
const MIB = 1048576;
const PICTURE = /^[^.].*\.(jpe?g|jpe|png|bmp|tiff?|webp)$/i;

// What was dropped; of a folder all pictures in it, of files all, so that each gets its own answer.
async function filesOf(dropped) {
  const files = [...dropped.files];
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.());
  const found = files.map((file, index) => (entries[index]?.isDirectory ? picturesIn(entries[index]) : [file]));
  return (await Promise.all(found)).flat();
}

async function picturesIn(folder) {
  const reader = folder.createReader();
  const found = [];
  // A reader gives some entries at a time, and none at the end.
  for (let some = await next(reader); some.length; some = await next(reader)) {
    for (const entry of some.sort((a, b) => a.name.localeCompare(b.name))) {
      if (entry.isDirectory) found.push(...(await picturesIn(entry)));
      else if (PICTURE.test(entry.name)) found.push(await new Promise((done, fail) => entry.file(done, fail)));
    }
  }
  return found;
}

function next(reader) {
  return new Promise((done, fail) => reader.readEntries(done, fail));
}

export default {
  template: `
    <form class="upload" @submit.prevent>
      <div class="drop" :class="{ over: over > 0, busy: busy }">
        <p class="drop-title" aria-live="polite">{{ heading }}</p>
        <progress v-if="busy" :value="sent" max="1" aria-label="Upload"></progress>
        <template v-else>
          <button type="button" class="button primary" @click="$refs.files.click()">Choose images</button>
          <p class="drop-note">{{ note }}</p>
        </template>
        <input ref="files" class="files" type="file" multiple tabindex="-1" aria-label="Images"
               accept="image/*,.tif,.tiff,.bmp,.webp" @change="chosen">
        <p v-if="fault" class="fault" role="alert">{{ fault }}</p>
      </div>
      <fieldset class="models" :disabled="busy">
        <legend>Model</legend>
        <label v-for="one in choices" :key="one.name" class="model" :class="{ picked: model === one.name }">
          <input type="radio" name="model" :value="one.name" v-model="model">
          <span class="model-text">
            <b>{{ one.title }}</b>
            <span v-for="(line, index) in one.lines" :key="index">{{ line }}</span>
            <details v-if="one.limits.length" class="model-more">
              <summary>Limits of this model</summary>
              <ul><li v-for="(limit, index) in one.limits" :key="index">{{ limit }}</li></ul>
            </details>
          </span>
        </label>
      </fieldset>
    </form>`,
  props: { choices: Array, maxFiles: Number, maxFileBytes: Number, maxRequestBytes: Number },
  data() {
    return { model: this.choices[0].name, over: 0, busy: false, sent: 0, count: 0, fault: "" };
  },
  computed: {
    heading() {
      if (!this.busy) return "Drop images of a smear here";
      const what = this.count === 1 ? "1 image" : `${this.count} images`;
      return this.sent < 1 ? `Sending ${what}` : `Checking ${what}`;
    },
    note() {
      return `JPEG, PNG, TIFF, BMP or WebP. Up to ${this.maxFiles} images of ${this.maxFileBytes / MIB} MiB.`;
    },
  },
  mounted() {
    // The whole window takes drops, so that a near miss does not make the browser open the file.
    this.listeners = {
      dragenter: (event) => { event.preventDefault(); this.over += 1; },
      dragleave: () => { this.over = Math.max(0, this.over - 1); },
      dragover: (event) => event.preventDefault(),
      drop: async (event) => {
        event.preventDefault();
        this.over = 0;
        this.send(await filesOf(event.dataTransfer));
      },
    };
    for (const [name, listener] of Object.entries(this.listeners)) window.addEventListener(name, listener);
  },
  beforeUnmount() {
    for (const [name, listener] of Object.entries(this.listeners)) window.removeEventListener(name, listener);
  },
  methods: {
    chosen(event) {
      if (event.target.files.length) this.send([...event.target.files]);
      event.target.value = "";
    },
    send(files) {
      if (this.busy) return;
      if (!files.length) {
        this.fault = "There is no image in this folder.";
        return;
      }
      this.fault = this.tooMuch(files);
      if (this.fault) return;
      const form = new FormData();
      for (const file of files) form.append("images", file, file.name);
      const request = new XMLHttpRequest();
      request.open("POST", `/api/v1/analyses?model=${encodeURIComponent(this.model)}`);
      request.upload.onprogress = (event) => { if (event.lengthComputable) this.sent = event.loaded / event.total; };
      request.onload = () => this.answered(request);
      request.onerror = () => this.failed("The connection broke off. Check that the server runs, then try again.");
      Object.assign(this, { busy: true, sent: 0, count: files.length });
      request.send(form);
    },
    tooMuch(files) {
      if (files.length > this.maxFiles) {
        return `${files.length} images were chosen; at most ${this.maxFiles} are taken at once.`;
      }
      const large = files.find((file) => file.size > this.maxFileBytes);
      if (large) return `${large.name} is larger than ${this.maxFileBytes / MIB} MiB.`;
      const total = files.reduce((sum, file) => sum + file.size, 0);
      return total > this.maxRequestBytes ? `Together the images exceed ${this.maxRequestBytes / MIB} MiB.` : "";
    },
    answered(request) {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // Something between browser and server answered; the status says what is to be known.
      }
      if (request.status === 202 || request.status === 200) {
        window.location.assign(answer.links.page);
      } else if (request.status === 401) {
        window.location.assign("/login");
      } else {
        this.failed(`${answer.detail || `The server answered ${request.status}.`} ${answer.hint || ""}`.trim());
      }
    },
    failed(sentence) {
      this.busy = false;
      this.fault = sentence;
    },
  },
};
