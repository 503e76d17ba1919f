using TrainMm.Models;
using TrainMm.Tests.Torch;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;
using TrainMm.Training.Stages;
using static TorchSharp.torch;

namespace TrainMm.Tests.Training.Objectives;

/// <summary>What each objective of generation moves, alone and together, with everything trained that can be: the table in docs/components.md.</summary>
[Collection(ProcessWide.Name)]
public sealed class SignalObjectiveTableTests : IDisposable
{
    private const int Steps = 3; // LoRA's second matrix is zero at first, so that its first one moves from the second step on
    private const double Rate = 0.1;
    private static readonly string[] Columns = ["text_generation", "condition_alignment", "latent_diffusion"];
    private static readonly string[] Parts = ["image.encoder", "image.input_projector", "language_model", "adapter", "signal_tokens.image.embedding", "signal_tokens.image.head", "image.output_projector", "image.generator"];
    private readonly TinyRun run = new();

    public SignalObjectiveTableTests()
    {
        var rows = Enumerable.Range(0, 4).Select(i => $$"""{"input_image": "{{i}}.png", "output_image": "{{i + 4}}.png", "image_captions": "{{(i % 2 == 0 ? "red" : "blue")}}", "conversations": [{"from": "human", "value": "<image>\\nwhat colour?"}, {"from": "gpt", "value": "so: <image>"}]}""");
        run.Write("rows.jsonl", string.Join('\n', rows) + "\n");
        run.Write("rows.yaml", "name: rows\nrows: { kind: nextgpt, path: rows.jsonl, outputs: signals }\nmedia: { kind: folder, path: pictures }\n");
        run.Write("generate.yaml", GenerationRunTests.Config);
        run.Write("all.yaml", "extends: generate.yaml\nmodel: { adapter: { kind: lora, r: 2, target_modules: [q_proj, v_proj] } }\ndata: { train: rows.yaml }\ntrainable: [adapter, image.input_projector, signal_tokens, image.output_projector]\n");
    }

    public void Dispose() => run.Dispose();

    [Fact]
    public void TheTableInTheDocumentationIsTrue()
    {
        string[][] runs = [.. Columns.Select(each => (string[])[each]), Columns];
        var cells = runs.Select(Moved).ToArray();
        var lines = Parts.Select(part => $"| `{part}` | {string.Join(" | ", cells.Select(column => column[part]))} |");
        var expected = $"| part | {string.Join(" | ", Columns.Select(each => $"`{each}`"))} | all three |\n|---|---|---|---|---|\n{string.Join('\n', lines)}\n";
        var page = File.ReadAllText(Path.Combine(Snapshot.RepositoryRoot, "docs", "components.md")).ReplaceLineEndings("\n");
        Assert.True(page.Contains(expected, StringComparison.Ordinal), $"docs/components.md does not have this table:\n{expected}");
    }

    private Dictionary<string, string> Moved(string[] objectives)
    {
        using var scope = NewDisposeScope();
        using var assembly = RunAssembly.Build(run.Options("all.yaml", $"objectives=[{string.Join(", ", objectives.Select(each => $"{{kind: {each}}}"))}]"), Stage.Of(StageKind.Pretrain), "", _ => { });
        var model = assembly.Model;
        var before = TrainedParts.All(model).ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone(), StringComparer.Ordinal);
        using var batch = assembly.LoadTraining(0, 4);
        for (var step = 0; step < Steps; step++)
        {
            assembly.Objectives.Compute(model, batch, assembly.Objectives.CountsOf(batch), [step + 1, step + 2, step + 3, step + 4]).Loss.backward();
            using var guard = no_grad();
            foreach (var parameter in model.parameters().Where(parameter => parameter.grad is not null))
            {
                parameter.sub_(parameter.grad!.mul(Rate));
                parameter.grad = null;
            }
        }

        assembly.VerifyFrozen();
        var adapter = TrainedParts.AdapterNames(model);
        return Parts.ToDictionary(part => part, part => Cell([.. TrainedParts.All(model).Where(pair => PartOf(pair.Key, adapter) == part)], before), StringComparer.Ordinal);
    }

    /// <summary>All of a part is of one kind, or the table would not be true.</summary>
    private static string Cell(KeyValuePair<string, Tensor>[] parameters, Dictionary<string, Tensor> before)
    {
        var kinds = parameters.Select(pair => !pair.Value.requires_grad ? "frozen" : pair.Value.equal(before[pair.Key]).all().item<bool>() ? "stays" : "moves").Distinct().ToArray();
        Assert.True(kinds.Length == 1, string.Join(' ', parameters.Select(pair => pair.Key)));
        if (kinds[0] == "frozen") Assert.All(parameters, pair => Assert.True(pair.Value.grad is null && pair.Value.equal(before[pair.Key]).all().item<bool>(), pair.Key));
        return kinds[0];
    }

    private static string PartOf(string path, HashSet<string> adapter) => adapter.Contains(path) ? TrainablePaths.Adapter : Parts.Single(part => path == part || path.StartsWith($"{part}.", StringComparison.Ordinal));
}
