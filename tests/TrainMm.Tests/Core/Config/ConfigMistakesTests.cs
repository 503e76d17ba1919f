using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Tests.Core.Config;

/// <summary>What a user sees for each mistake in a configuration.</summary>
public sealed class ConfigMistakesTests : IDisposable
{
    private const string Valid = "projector: {kind: mlp}\n";

    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void UnknownKey() => Shows("unknown-key", """
        projector: {kind: mlp, dpeth: 3}
        train:
          max_stpes: 10
          colour: red
        max_steps: 10
        schedule_kind: cosine
        """);

    [Fact]
    public void OptionOfAnotherKind() => Shows("option-of-another-kind", "projector: {kind: linear, depth: 3}\n");

    [Fact]
    public void WrongType() => Shows("wrong-type", """
        seed: 1.5
        projector: {kind: linear, bias: yes}
        train:
          max_steps: many
          learning_rate: [1]
          schedule: linear-decay
          betas: 0.9
          trainable: {a: b}
          clip_norm: .nan
          bytes_per_value: 99999999999
        ranks: [1]
        data:
          - just a text
        name: [a]
        """);

    [Fact]
    public void EmptyValue() => Shows("empty-value", "seed:\nprojector:\nrun_dir:\ntrain: 5\nname: null\nextra: null\n");

    [Fact]
    public void OutOfRange() => Shows("out-of-range", """
        projector: {kind: mlp, depth: 9, dropout: 1.0}
        train:
          max_steps: 0
          learning_rate: 0
          betas: [0.9, 1.5]
          trainable: []
          bytes_per_value: 3
        ranks:
          q_proj: 0
        """);

    [Fact]
    public void CrossCheck() => Shows("cross-check", """
        projector:
          kind: mlp
          depth: 1
          hidden_width: 64
        """);

    [Fact]
    public void UnknownKind() => Shows("unknown-kind", "projector: {kind: mpl}\nextra: {kind: resampler}\n");

    [Fact]
    public void KindIsExact() => Shows("kind-is-exact", "projector: {kind: MLP}\nextra: {kind: [mlp]}\n");

    [Fact]
    public void MissingKind() => Shows("missing-kind", "projector: {depth: 3}\nextra: mlp\n");

    [Fact]
    public void MissingRequired() => Shows("missing-required", "seed: 1\ndata:\n  - weight: 2\n");

    [Fact]
    public void MissingFile()
    {
        folder.Write("list/images.jsonl", "{}");
        Shows("missing-file", Valid + "data:\n  - manifest: list/image.jsonl\n  - manifest: list\n  - manifest: /nowhere/list.jsonl\n  - manifest: ''\n");
    }

    [Theory]
    [InlineData("open-bracket", "projector: {kind: mlp\ntrain:\n  max_steps: 1\n")]
    [InlineData("no-space", "projector: {kind: mlp}\ntrain:\n  max_steps:10\n  schedule: cosine\n")]
    [InlineData("tab", "projector:\n\tkind: mlp\n")]
    [InlineData("tag", "projector: !projector {kind: mlp}\n")]
    [InlineData("anchor", "projector: &p {kind: mlp}\nextra: *p\n")]
    [InlineData("two-documents", "projector: {kind: mlp}\n---\nseed: 1\n")]
    [InlineData("list-at-root", "- projector\n")]
    [InlineData("mapping-as-key", "{a: b}: c\n")]
    public void NoSuchYaml(string name, string yaml) => Shows($"yaml-{name}", yaml);

    [Fact]
    public void NestedWithoutEnd() => Shows("yaml-deep", "seed: " + new string('[', 200) + new string(']', 200));

    [Fact]
    public void DuplicateKey() => Shows("duplicate-key", "projector: {kind: mlp}\nseed: 1\ntrain:\n  max_steps: 1\n  max_steps: 2\nseed: 2\n");

    [Fact]
    public void ExtendsCycle()
    {
        folder.Write("a.yaml", "extends: sub/b.yaml\n");
        folder.Write("sub/b.yaml", "seed: 1\nextends: ../run.yaml\n");
        Shows("extends-cycle", "extends: a.yaml\n" + Valid);
    }

    [Fact]
    public void ExtendsMissing() => Shows("extends-missing", "extends: [base.yaml, 5.yaml, {a: b}]\n" + Valid);

    [Fact]
    public void MistakesInTheFileExtended()
    {
        folder.Write("base.yaml", "# defaults\ntrain:\n  max_steps: no\n  wramup: 5\n");
        Shows("extends-mistakes", "extends: base.yaml\n" + Valid + "train: {learning_rate: fast}\n");
    }

    [Fact]
    public void BadOverrides() => Shows("bad-override", Valid + "data: []\nname: x\n", "seed", "=5", "train..max_steps=5", "seed={a: ", "data.0.weight=2", "name.first=me");

    [Fact]
    public void WrongOverrides() => Shows("wrong-override", Valid, "train.max_stpes=5", "seed=many", "projector.kind=linera");

    [Fact]
    public void VariableNotSet() => Shows("variable-not-set", Valid + "name: ${TRAINMM_TEST_NOT_SET}/x\nrun_dir: ${1}\nseed: ${TRAINMM_TEST_NOT_SET:-many}\n");

    [Fact]
    public void FileNotThere()
    {
        var exception = Assert.Throws<ConfigurationException>(() => ConfigDocument.Load(Path.Combine(folder.Path, "nowhere.yaml"), ["seed"]));
        Snapshot.Match(exception.Message, "file-not-there", folder.Path);
    }

    [Fact]
    public void ManyAtOnceAreSorted()
    {
        folder.Write("base.yaml", "train:\n  schedule: cosin\nseed: x\nseed: y\n");
        Shows("many-at-once", "extends: base.yaml\nextra: {kind: resampler}\nranks:\n  q: 0\n  p: -1\ndata:\n- manifest: none.jsonl\n  wieght: 2\n", "train.max_steps=0");
    }

    [Fact]
    public void LaterCheckPointsAtTheLine()
    {
        var path = folder.Write("run.yaml", "projector:\n  kind: mlp\n  depth: 3\n");
        var options = ConfigBinder.Bind<SampleOptions>(ConfigDocument.Load(path));
        var mlp = (MlpOptions)options.Projector.Options;
        var written = OptionSource.Error(mlp, nameof(mlp.Depth), "too deep for these widths");
        var byDefault = OptionSource.Error(options.Train, nameof(TrainOptions.MaxSteps), "more steps than samples", "lower it");
        Snapshot.Match($"{written.Message}\n{byDefault.Message}", "later-check", folder.Path);
    }

    private void Shows(string name, string yaml, params string[] overrides)
    {
        var path = folder.Write("run.yaml", yaml);
        var exception = Assert.Throws<ConfigurationException>(() => ConfigBinder.Bind<SampleOptions>(ConfigDocument.Load(path, overrides)));
        Assert.Equal(ExitCode.Configuration, exception.ExitCode);
        Snapshot.Match(exception.Message, name, folder.Path);
    }
}
