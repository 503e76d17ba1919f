using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Lora;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

/// <summary>What the role promises, of every kind in the catalog.</summary>
public sealed class LanguageModelKindsTests
{
    public static TheoryData<string> Kinds => TinyLanguageModels.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WantedPositionsAreWhatTheyAreAmongAll(string kind)
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build(kind);
        var embedded = model.Embed(TinyLanguageModels.Ids());
        var all = model.Decode(embedded, new());
        long[] places = [0, 4, 8, 9, 17];
        var wanted = model.Decode(embedded, new() { Wanted = tensor(places) });
        Assert.Equal([5, model.Spec.Width], wanted.shape);
        AssertClose(all.reshape(-1, model.Spec.Width).index_select(0, tensor(places)), wanted, 1e-5);
        Assert.Equal([2, 9, model.Spec.VocabularySize], model.Logits(all).shape);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryLayerIsObserved(string kind)
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build(kind);
        var seen = new List<int>();
        model.Decode(model.Embed(TinyLanguageModels.Ids()), new() { Observe = (layer, state) => seen.Add(state.Dimensions == 3 ? layer : -1) });
        Assert.Equal(Enumerable.Range(0, model.Spec.Layers + 1), seen);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void NoTokenSeesWhatComesAfterIt(string kind)
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build(kind);
        var ids = TinyLanguageModels.Ids();
        var changed = ids.clone();
        changed.select(1, 6).fill_(33);
        var (before, after) = (model.Decode(model.Embed(ids), new()), model.Decode(model.Embed(changed), new()));
        AssertClose(before.narrow(1, 0, 6), after.narrow(1, 0, 6), 1e-6);
        Assert.True(before.select(1, 6).sub(after.select(1, 6)).abs().max().item<float>() > 1e-2);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void WithTheCacheComesWhatComesWithoutIt(string kind)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        using var model = TinyLanguageModels.Build(kind);
        long[] prompt = [1, 7, 3, 22, 5];
        var cached = Generate(model, [prompt])[0];
        var text = prompt.ToList();
        for (var i = 0; i < 12; i++)
        {
            var input = new DecoderInput { PrefixLengths = model.Spec.HasPrefix ? tensor(new[] { prompt.Length - 1L }) : null };
            var hidden = model.Decode(model.Embed(tensor(text.ToArray()).unsqueeze(0)), input);
            text.Add(model.Logits(hidden.select(1, text.Count - 1)).argmax(-1).item<long>());
        }

        Assert.Equal(text.Skip(prompt.Length), cached.Select(id => (long)id));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PromptsSideBySideAreContinuedAsAlone(string kind)
    {
        ContinueSideBySide(kind, padsLeft: true);
        ContinueSideBySide(kind, padsLeft: false);
    }

    private static void ContinueSideBySide(string kind, bool padsLeft)
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build(kind);
        long[][] prompts = [[1, 7, 3, 22, 5, 9, 30], [1, 4], [2, 2, 8, 31]];
        var together = Generate(model, prompts, padsLeft);
        for (var i = 0; i < prompts.Length; i++) Assert.Equal(Generate(model, [prompts[i]])[0], together[i]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void LoraAdaptsMergesAndIsReadBack(string kind)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var plain = TinyLanguageModels.Build(kind);
        using var peft = Adapter(new LoraOptions { R = 2, Alpha = 4 });
        using var model = TinyLanguageModels.Build(kind, peft: peft, trained: new([TrainablePaths.Adapter]));
        Tensor Hidden(ILanguageModel each) => each.Decode(each.Embed(TinyLanguageModels.Ids()), new() { PrefixLengths = each.Spec.HasPrefix ? tensor(new long[] { 3, 5 }) : null });
        AssertClose(Hidden(plain), Hidden(model), 1e-6);

        TinyModel.Disturb(peft);
        var adapted = Hidden(model);
        Assert.False(adapted.allclose(Hidden(plain), 1e-2, 1e-2));
        adapted.square().mean().backward();
        foreach (var (name, parameter) in peft.Parameters.Where(pair => !pair.Key.Contains(".experts.", StringComparison.Ordinal)))
            Assert.True(parameter.grad!.abs().max().item<float>() > 0, name);
        Assert.DoesNotContain(peft.Parameters.Keys, name => name.StartsWith("lm_head.", StringComparison.Ordinal) || name.StartsWith("embed_out.", StringComparison.Ordinal) || name.StartsWith("output.", StringComparison.Ordinal));

        peft.Save(folder.Path);
        Assert.Equal(kind == "gpt2", HuggingFaceConfig.Open(folder.Path, AdapterConfigFile.Name).Flag("fan_in_fan_out"));
        using var again = Adapter(new LoraOptions { Checkpoint = folder.Path });
        using var read = TinyLanguageModels.Build(kind, peft: again);
        AssertClose(adapted, Hidden(read), 1e-6);
        peft.Merge();
        AssertClose(adapted, Hidden(model), 1e-3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void PartialLoraActsAtTheMediaAlone(string kind)
    {
        using var scope = NewDisposeScope();
        using var plain = TinyLanguageModels.Build(kind);
        using var peft = AdapterCatalog.All.Component("partial_lora", new LoraOptions { R = 2, Alpha = 4 }).Create(new PeftContext(7, new TrainablePaths([])));
        using var model = TinyLanguageModels.Build(kind, peft: peft);
        TinyModel.Disturb(peft);
        var media = zeros([2, 9], ScalarType.Bool);
        media[0, 4].fill_(1);
        var (before, after) = (plain.Decode(plain.Embed(TinyLanguageModels.Ids()), new()), model.Decode(model.Embed(TinyLanguageModels.Ids()), new() { AdapterMask = media }));
        AssertClose(before[0].narrow(0, 0, 4), after[0].narrow(0, 0, 4), 1e-5);
        AssertClose(before[1], after[1], 1e-5);
        Assert.True(before[0, 4].sub(after[0, 4]).abs().max().item<float>() > 1e-3);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void InBfloat16ItIsNearWhatItIsInFloat32(string kind)
    {
        using var scope = NewDisposeScope();
        using var exact = TinyLanguageModels.Build(kind);
        using var model = TinyLanguageModels.Build(kind, ScalarType.BFloat16);
        var hidden = model.Decode(model.Embed(TinyLanguageModels.Ids()), new());
        Assert.Equal(ScalarType.BFloat16, hidden.dtype);
        Assert.Equal(ScalarType.BFloat16, model.Logits(hidden).dtype);
        var reference = exact.Decode(exact.Embed(TinyLanguageModels.Ids()), new());
        var error = hidden.to_type(ScalarType.Float32).sub(reference).square().sum().div(reference.square().sum()).sqrt().item<float>();
        Assert.True(error < 0.1, $"{error}");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void TrainedWhollyItKeepsMastersInFloat32(string kind)
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build(kind, ScalarType.BFloat16, trained: new([PeftContext.Root]));
        model.Logits(model.Decode(model.Embed(TinyLanguageModels.Ids()), new())).to_type(ScalarType.Float32).square().mean().backward();
        foreach (var (name, parameter) in model.Module.named_parameters())
        {
            Assert.Equal(ScalarType.Float32, parameter.dtype);
            Assert.True(parameter.grad is { dtype: ScalarType.Float32 }, name);
        }
    }

    private static IPeftMethod Adapter(LoraOptions options) =>
        AdapterCatalog.All.Component("lora", options).Create(new PeftContext(7, new TrainablePaths([TrainablePaths.Adapter])));

    private static IReadOnlyList<int[]> Generate(ILanguageModel model, long[][] prompts, bool padsLeft = true)
    {
        var length = prompts.Max(prompt => prompt.Length);
        var cells = prompts.SelectMany(prompt =>
        {
            var padding = Enumerable.Repeat(-1L, length - prompt.Length);
            return padsLeft ? padding.Concat(prompt) : prompt.Concat(padding);
        }).ToArray();
        var ids = tensor(cells.Select(id => Math.Max(id, 0)).ToArray()).view(prompts.Length, length);
        var mask = tensor(cells.Select(id => id >= 0).ToArray()).view(prompts.Length, length);
        return new TextDecoder(model).Generate(new GenerationPrompt(model.Embed(ids), mask), new() { MaxNewTokens = 12 });
    }

    private static void AssertClose(Tensor expected, Tensor actual, double tolerance) =>
        Assert.True(expected.sub(actual).abs().max().item<float>() <= tolerance * Math.Max(1, expected.abs().max().item<float>()));
}
