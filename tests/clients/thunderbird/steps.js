// What the session asks of Thunderbird: its own services, as its windows use them. Each async function here can be
// called by name from Python (marionette.py); arguments and answers are JSON.

const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { setTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

const sleep = time => new Promise(resolve => setTimeout(resolve, time));

const until = async (what, found, seconds = 30) => {
  for (let turn = 0; turn < seconds * 20; turn++) {
    const value = await found();
    if (value) {
      return value;
    }
    await sleep(50);
  }
  throw new Error(`${what}: nothing within ${seconds} s`);
};

const incoming = () => MailServices.accounts.allServers.find(server => server.type == "imap");

const folders = () => incoming().rootFolder.descendants;

const folderOf = path => {
  const folder = folders().find(folder => pathOf(folder) == path);
  if (!folder) {
    throw new Error(`no folder ${path} among ${folders().map(pathOf)}`);
  }
  return folder.QueryInterface(Ci.nsIMsgImapMailFolder);
};

const pathOf = folder =>
  folder.parent && !folder.parent.isServer ? `${pathOf(folder.parent)}/${folder.name}` : folder.name;

// Thunderbird keeps "Re: " apart.
const subjectOf = letter => (letter.flags & Ci.nsMsgMessageFlags.HasRe ? "Re: " : "") + letter.mime2DecodedSubject;

const letterOf = (folder, subject) => {
  const letter = [...folder.messages].find(letter => subjectOf(letter) == subject);
  if (!letter) {
    throw new Error(`no letter ${subject} in ${pathOf(folder)}`);
  }
  return letter;
};

// Runs `start` with a listener of copies and waits for its end.
const ended = (what, start) =>
  new Promise((resolve, reject) => {
    const done = status =>
      Components.isSuccessCode(status) ? resolve() : reject(new Error(`${what}: 0x${status.toString(16)}`));
    start({
      QueryInterface: ChromeUtils.generateQI(["nsIMsgCopyServiceListener"]),
      onStartCopy() {},
      onProgress() {},
      setMessageKey() {},
      getMessageId: () => null,
      onStopCopy: done,
    });
  });

const remember = async (origin, person) => {
  const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
  login.init(origin, null, origin, person.address, person.password, "", "");
  await Services.logins.addLoginAsync(login);
};

// An account as the account set-up makes it: IMAP and SMTP with TLS from the start, the password in the store.
async function setUp(scene, person) {
  const server = MailServices.accounts.createIncomingServer(person.address, scene.host, "imap");
  server.port = scene.ports.imaps;
  server.socketType = Ci.nsMsgSocketType.SSL;
  server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
  const smtp = MailServices.outgoingServer.createServer("smtp").QueryInterface(Ci.nsISmtpServer);
  smtp.hostname = scene.host;
  smtp.port = scene.ports.submissions;
  smtp.username = person.address;
  smtp.socketType = Ci.nsMsgSocketType.SSL;
  smtp.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
  MailServices.outgoingServer.defaultServer = smtp;
  server.password = person.password;
  smtp.password = person.password;
  await remember(`imap://${scene.host}`, person);
  await remember(`smtp://${scene.host}`, person);
  const identity = MailServices.accounts.createIdentity();
  identity.email = person.address;
  identity.fullName = person.name;
  identity.composeHtml = false;
  identity.smtpServerKey = smtp.key;
  const account = MailServices.accounts.createAccount();
  account.incomingServer = server;
  account.addIdentity(identity);
  MailServices.accounts.defaultAccount = account;
}

// Logs in and lists; the folders with what each is for.
async function listFolders() {
  // What selecting the inbox in the folder pane does.
  incoming().performExpand(Services.wm.getMostRecentWindow("mail:3pane").msgWindow);
  folders()[0].updateFolder(null);
  const purposes = { Archive: "Archive", Drafts: "Drafts", Junk: "Junk", SentMail: "Sent", Trash: "Trash", Inbox: "Inbox" };
  await until("folders", () => folders().length >= 6);
  return folders().map(folder => [
    pathOf(folder),
    Object.keys(purposes).filter(name => folder.getFlag(Ci.nsMsgFolderFlags[name])).map(name => purposes[name]),
  ]);
}

// Asks for what is new until the folder holds these letters, and no others: one question is lost when the connection is
// still busy with the folder.
async function shows(path, subjects) {
  const folder = folderOf(path);
  const wanted = subjects.toSorted().join("\n");
  const found = () => [...folder.messages].map(subjectOf).sort().join("\n");
  for (let turn = 0; turn < 15; turn++) {
    folder.updateFolder(null);
    const same = await until("these letters", () => found() == wanted, 2).catch(() => false);
    if (same) {
      return;
    }
  }
  throw new Error(`${path} shows ${found()}`);
}

// Waits until a letter comes, without asking for it: IDLE brings it.
async function waitFor(path, subject) {
  const folder = folderOf(path);
  await until(`${subject} in ${path}`, () => [...folder.messages].some(letter => subjectOf(letter) == subject));
}

// Waits until Thunderbird shows a letter so, with `read`, `flagged` and `replied` true or false.
async function looks(path, subject, wanted) {
  const letter = letterOf(folderOf(path), subject);
  folderOf(path).updateFolder(null);
  const found = () => ({
    read: letter.isRead,
    flagged: letter.isFlagged,
    replied: !!(letter.flags & Ci.nsMsgMessageFlags.Replied),
  });
  await until("the flags", () => JSON.stringify({ ...found(), ...wanted }) == JSON.stringify(found())).catch(error => {
    throw new Error(`${subject} is ${JSON.stringify(found())}: ${error}`);
  });
}

// The whole letter, as the message window fetches it, and marked as read as that does.
async function read(path, subject) {
  const folder = folderOf(path);
  const letter = letterOf(folder, subject);
  const uri = folder.getUriForMsg(letter);
  const chunks = [];
  await new Promise((resolve, reject) => {
    const listener = {
      QueryInterface: ChromeUtils.generateQI(["nsIStreamListener"]),
      onStartRequest() {},
      onDataAvailable(_request, stream, _offset, count) {
        const input = Cc["@mozilla.org/binaryinputstream;1"].createInstance(Ci.nsIBinaryInputStream);
        input.setInputStream(stream);
        chunks.push(input.readBytes(count));
      },
      onStopRequest: (_request, status) =>
        Components.isSuccessCode(status) ? resolve() : reject(new Error(`reading: 0x${status.toString(16)}`)),
    };
    MailServices.messageServiceFromURI(uri).streamMessage(uri, listener, null, null, false, "");
  });
  folder.markMessagesRead([letter], true);
  return chunks.join("");
}

async function mark(path, subject, flagged) {
  const folder = folderOf(path);
  folder.markMessagesFlagged([letterOf(folder, subject)], flagged);
}

// Answers a letter from the compose window: quote, text, Send.
async function reply(path, subject, text) {
  const folder = folderOf(path);
  const letter = letterOf(folder, subject);
  const asked = asking(Ci.nsIMsgCompType.Reply);
  asked.originalMsgURI = folder.getUriForMsg(letter);
  asked.origMsgHdr = letter;
  await send(asked, text);
}

async function write(to, subject, text) {
  const asked = asking(Ci.nsIMsgCompType.New);
  asked.composeFields.to = to;
  asked.composeFields.subject = subject;
  await send(asked, text);
}

const asking = type => {
  const asked = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
  asked.type = type;
  asked.format = Ci.nsIMsgCompFormat.PlainText;
  asked.identity = MailServices.accounts.defaultAccount.defaultIdentity;
  asked.composeFields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
  return asked;
};

const send = async (asked, text) => {
  const window = await composing(asked, text);
  window.GenericSendMessage(Ci.nsIMsgCompDeliverMode.Now);
  await until("sending", () => window.closed, 40).catch(error => {
    const status = window.document.getElementById("statusText");
    const windows = [...Services.wm.getEnumerator(null)].map(window => window.location.href);
    throw new Error(`${error}; the window says ${status?.value ?? status?.textContent}; open are ${windows}`);
  });
};

const composing = async (asked, text) => {
  const before = [...Services.wm.getEnumerator("msgcompose")];
  MailServices.compose.OpenComposeWindowWithParams(null, asked);
  const window = await until("compose window", () =>
    [...Services.wm.getEnumerator("msgcompose")].find(window => !before.includes(window)));
  await new Promise(resolve => window.addEventListener("compose-editor-ready", resolve, { once: true }));
  window.GetCurrentEditor().QueryInterface(Ci.nsIEditorMailSupport).insertTextWithQuotations(text);
  return window;
};

async function createFolder(parent, name) {
  const above = parent ? folderOf(parent) : incoming().rootFolder;
  above.createSubfolder(name, null);
  const path = parent ? `${parent}/${name}` : name;
  await until(path, () => folders().some(folder => pathOf(folder) == path));
}

async function renameFolder(path, name) {
  folderOf(path).rename(name, null);
  await until(name, () => folders().some(folder => folder.name == name));
}

async function move(from, subject, to) {
  const [source, target] = [folderOf(from), folderOf(to)];
  const letters = [letterOf(source, subject)];
  await ended(`move to ${to}`, listener =>
    MailServices.copy.copyMessages(source, letters, target, true, listener, null, true));
}

// Into the trash, as the Delete key does.
async function remove(path, subject) {
  const folder = folderOf(path);
  const letters = [letterOf(folder, subject)];
  await ended("delete", listener => folder.deleteMessages(letters, null, false, true, listener, true));
}
