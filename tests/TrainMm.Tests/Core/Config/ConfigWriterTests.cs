using FsCheck;
using FsCheck.Fluent;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Tests.Core.Config;

/// <summary>The resolved configuration can be loaded and run again.</summary>
public sealed class ConfigWriterTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void ResolvedConfiguration()
    {
        folder.Write("sets/list.jsonl", "{}");
        folder.Write("base.yaml", "projector: {kind: mlp, depth: 3}\ndata:\n  - manifest: sets/list.jsonl\n");
        var path = folder.Write("run.yaml", "extends: base.yaml\nname: \"two\\nlines: #1\"\nrun_dir: runs\n");
        var resolved = ConfigWriter.Write(ConfigBinder.Bind<SampleOptions>(ConfigDocument.Load(path, ["train.learning_rate=1e-5"])));
        Snapshot.Match(resolved, "resolved", folder.Path);
        Assert.Equal(resolved, ConfigWriter.Write(ConfigBinder.Bind<SampleOptions>(ConfigDocument.Parse(resolved, "resolved.yaml"))));
    }

    [Fact]
    public void WrittenOptionsAreReadBackTheSame() => Check.One(
        Cases(300),
        Prop.ForAll(Options().ToArbitrary(), options =>
        {
            var again = ConfigBinder.Bind<SampleOptions>(ConfigDocument.Parse(ConfigWriter.Write(options), "written.yaml"));
            AssertSame(options, again);
        }));

    [Fact]
    public void WrittenTreesAreReadBackTheSame() => Check.One(
        Cases(300),
        Prop.ForAll(Mapping(3).ToArbitrary(), tree =>
        {
            var again = ConfigDocument.Parse(ConfigWriter.Write(tree), "written.yaml").Root;
            Assert.Empty(ConfigDiff.Between(tree, again));
            Assert.Equal(ConfigWriter.Write(tree), ConfigWriter.Write(again));
        }));

    [Fact]
    public void WhateverIsWrittenIsReadOrRefusedInWords() => Check.One(
        Cases(2000),
        Prop.ForAll(Gen.ArrayOf(Gen.Elements(": ", ":", "\n", "\n  ", "- ", "[", "]", "{", "}", ",", "\"", "'", "#", "a", "kind", "|", ">", "&", "*", "!", "%", "\t", "---", "...", "?", "\\", "\u0001", "${")).ToArbitrary(), pieces =>
        {
            try
            {
                ConfigDocument.Parse(string.Concat(pieces), "random.yaml");
            }
            catch (ConfigurationException exception)
            {
                Assert.All(exception.Diagnostics, diagnostic => Assert.Equal("random.yaml", diagnostic.File));
            }
        }));

    [Fact]
    public void ChangesAreNamed()
    {
        var before = ConfigDocument.Parse("a: 1\nb: {c: [1, 2], d: {}}\nold: x\n", "before").Root;
        var after = ConfigDocument.Parse("b: {c: [1, 3], d: {e: null}}\na: 1\n", "after").Root;
        Assert.Equal(
            "b.c: [1, 2] -> [1, 3]\nb.d.e: (not there) -> null\nb.d: {} -> (not there)\nold: x -> (not there)",
            string.Join('\n', ConfigDiff.Between(before, after)));
        Assert.Empty(ConfigDiff.Between(before, before));
    }

    /// <summary>The same cases in every run, so that a failure comes back until it is mended.</summary>
    private static FsCheck.Config Cases(int count) => FsCheck.Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true).WithReplay(20240229, 31);

    private static void AssertSame(SampleOptions one, SampleOptions other)
    {
        Assert.Equal((one.Seed, one.Name, one.RunDir, one.Projector.Kind, one.Extra?.Kind), (other.Seed, other.Name, other.RunDir, other.Projector.Kind, other.Extra?.Kind));
        Assert.Equivalent(one.Projector.Options, other.Projector.Options, strict: true);
        Assert.Equivalent(one.Train, other.Train, strict: true);
        Assert.True(one.Ranks.SequenceEqual(other.Ranks));
        Assert.Equal(ConfigWriter.Write(one), ConfigWriter.Write(other));
    }

    private static Gen<string> Text() => Gen.OneOf(
        Gen.Elements("", "null", "~", "true", "no", "1e3", "a b", "a: b", "- a", "# a", "${HOME}", "$${x}", "'", "\"", "line\nline\n", "\t", "déjà vu", "象", "😀", "@x", "%x", "\u0085", "a\\n", " x "),
        ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => string.Concat(text.Get.Where(letter => !char.IsSurrogate(letter)))));

    private static Gen<Component<IProjector, ProjectorContext>> Projector() => Gen.OneOf(
        Gen.Elements(true, false).Select(bias => ProjectorCatalog.All.Component("linear", new LinearOptions { Bias = bias })),
        from depth in Gen.Choose(2, 8)
        from width in Gen.Choose(0, 4096)
        from dropout in Gen.Choose(0, 999)
        select ProjectorCatalog.All.Component("mlp", new MlpOptions { Depth = depth, HiddenWidth = width == 0 ? null : width, Dropout = dropout / 1000f }));

    private static Gen<TrainOptions> Train() =>
        from steps in Gen.Choose(1, int.MaxValue)
        from rate in ArbMap.Default.GeneratorFor<NormalFloat>()
        from schedule in Gen.Elements(Enum.GetValues<Schedule>())
        from clip in ArbMap.Default.GeneratorFor<NormalFloat>()
        from betas in Gen.ListOf(Gen.Choose(0, 999))
        from trainable in Gen.NonEmptyListOf(Text())
        select new TrainOptions
        {
            MaxSteps = steps,
            LearningRate = Math.Abs(rate.Get) + 1e-12,
            Schedule = schedule,
            ClipNorm = clip.Get > 0 ? clip.Get : null,
            Betas = [.. betas.Select(beta => beta / 1000.0)],
            Trainable = [.. trainable],
        };

    private static Gen<SampleOptions> Options() =>
        from seed in ArbMap.Default.GeneratorFor<long>()
        from name in Text()
        from isNamed in Gen.Elements(true, false)
        from projector in Projector()
        from extra in Projector()
        from hasExtra in Gen.Elements(true, false)
        from train in Train()
        from layers in Gen.ListOf(Text())
        select new SampleOptions
        {
            Seed = seed,
            Name = isNamed ? name : null,
            Projector = projector,
            Extra = hasExtra ? extra : null,
            Train = train,
            Ranks = layers.Distinct(StringComparer.Ordinal).Index().ToDictionary(pair => pair.Item, pair => pair.Index + 1, StringComparer.Ordinal),
            RunDir = "/runs/one",
        };

    private static Gen<ConfigNode> Node(int depth)
    {
        var place = new SourcePlace("(random)");
        var scalar = Text().Select(text => (ConfigNode)new ConfigScalar(text.Replace("${", "", StringComparison.Ordinal), isQuoted: true, place));
        if (depth == 0) return scalar;
        var list = Gen.ListOf(Node(depth - 1)).Select(items => (ConfigNode)new ConfigList([.. items.Take(4)], place));
        return Gen.OneOf(scalar, list, Mapping(depth - 1).Select(mapping => (ConfigNode)mapping));
    }

    private static Gen<ConfigMapping> Mapping(int depth)
    {
        var place = new SourcePlace("(random)");
        return Gen.ListOf(Gen.Zip(Text(), Node(depth)))
            .Select(pairs => new ConfigMapping([.. pairs.Take(4).DistinctBy(pair => pair.Item1, StringComparer.Ordinal).Select(pair => new ConfigEntry(pair.Item1, place, pair.Item2))], place));
    }
}
