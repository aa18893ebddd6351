// Drives Microsoft's own Node client against ORGANIZATION with TOKEN and prints what it saw as JSON.
import client from "azure-devops-node-api";

const { ORGANIZATION, TOKEN, PROJECT } = process.env;
const connection = new client.WebApi(ORGANIZATION, client.getPersonalAccessTokenHandler(TOKEN));
const set = (field, value) => ({ op: "add", path: `/fields/${field}`, value });

const tracking = await connection.getWorkItemTrackingApi();
const core = await connection.getCoreApi();
const projects = await core.getProjects();
const types = await tracking.getWorkItemTypes(PROJECT);
const states = await tracking.getWorkItemTypeStates(PROJECT, "Bug");

const made = await tracking.createWorkItem({}, [set("System.Title", "Log4Shell"), set("System.Tags", "a; b")], PROJECT, "Bug");
const changed = await tracking.updateWorkItem({}, [set("System.State", "Active")], made.id);
const stale = await tracking
  .updateWorkItem({}, [{ op: "test", path: "/rev", value: 1 }, set("System.Title", "late")], made.id)
  .then(() => null, (error) => ({ status: error.statusCode, message: error.message }));
const query = "SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'a'";
const found = await tracking.queryByWiql({ query }, { project: PROJECT });
const many = await tracking.getWorkItemsBatch({ ids: [made.id], fields: ["System.Title"] }, PROJECT);
const updates = await tracking.getUpdates(made.id);
await tracking.deleteWorkItem(made.id, PROJECT);
const gone = await tracking.getWorkItem(made.id);
const binned = await tracking.getDeletedWorkItem(made.id, PROJECT);
await tracking.restoreWorkItem({ isDeleted: false }, made.id, PROJECT);
const read = await tracking.getWorkItem(made.id, undefined, undefined, client.WorkItemExpand?.All);

// It has no API of service hooks, so they go through what all its APIs go through.
const hooks = `${ORGANIZATION}/_apis/hooks/subscriptions`;
const at = (path, query = "") => `${hooks}${path}?api-version=7.1${query}`;
const asked = {
  publisherId: "tfs",
  eventType: "workitem.created",
  resourceVersion: "1.0",
  consumerId: "webHooks",
  consumerActionId: "httpRequest",
  publisherInputs: { projectId: projects.find((each) => each.name === PROJECT).id },
  consumerInputs: { url: "http://127.0.0.1:9/hooks", basicAuthUsername: "a", basicAuthPassword: "secret" },
};
const { result: subscription } = await connection.rest.create(at(""), asked);
const updated = { ...subscription, eventType: "workitem.updated" };
const { result: replaced } = await connection.rest.replace(at(`/${subscription.id}`), updated);
const listed = async () => (await connection.rest.get(at("", "&publisherId=tfs"))).result.value.map((each) => each.id);
const subscriptions = await listed();
await connection.rest.del(at(`/${subscription.id}`));
const left = await listed();

const git = await connection.getGitApi();
const repositories = await git.getRepositories(PROJECT);
const repository = repositories.find((each) => each.name === "shop");
const refs = await git.getRefs(repository.id, PROJECT);
const main = { version: "main", versionType: 0 };
const items = await git.getItems(repository.id, PROJECT, "/", 120, undefined, undefined, undefined, undefined, main);
const text = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts).toString("base64");
};
const file = items.find((each) => each.path === "/logo.png");
const content = await text(await git.getItemContent(repository.id, "/logo.png", PROJECT));
const blob = await text(await git.getBlobContent(repository.id, file.objectId, PROJECT));

console.log(
  JSON.stringify({
    projects: projects.map((each) => each.name),
    types: types.map((each) => each.name),
    categories: states.map((each) => each.category),
    made: made.id,
    state: changed.fields["System.State"],
    stale,
    found: found.workItems.map((each) => each.id),
    titles: many.map((each) => each.fields["System.Title"]),
    updates: updates.length,
    gone,
    binned: binned.name,
    read: read.fields["System.State"],
    subscription: [subscription.status, replaced.eventType, subscriptions, left],
    subscribed: subscription.id,
    repositories: repositories.map((each) => each.name),
    refs: refs.map((each) => each.name),
    items: items.map((each) => each.path),
    content,
    blob,
  }),
);
