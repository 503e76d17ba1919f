using TrainMm.Core.Roles;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

public sealed class TextDecoderTests : IDisposable
{
    private readonly LlamaLanguageModel model;

    public TextDecoderTests()
    {
        var scope = new ModuleScope("language_model", ScalarType.Float32, CPU);
        model = new LlamaLanguageModel(TinyModel.Llama, scope);
        RandomWeights.Transformer(scope, 3, std: 0.5);
    }

    public void Dispose() => model.Dispose();

    [Fact]
    public void WithTheCacheComesWhatComesWithoutIt()
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        long[] prompt = [1, 7, 3, 22, 5];
        var cached = Generate([prompt], new() { MaxNewTokens = 20 })[0];
        var text = prompt.ToList();
        for (var i = 0; i < 20; i++)
        {
            var hidden = model.Decode(model.Embed(tensor(text.ToArray()).unsqueeze(0)), new());
            text.Add(model.Logits(hidden.select(1, text.Count - 1)).argmax(-1).item<long>());
        }

        Assert.Equal(text.Skip(prompt.Length), cached.Select(id => (long)id));
        Assert.True(cached.Distinct().Count() > 3, "a model that says one word over and over proves nothing");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void PromptsSideBySideAreContinuedAsAlone(bool padsLeft)
    {
        using var scope = NewDisposeScope();
        long[][] prompts = [[1, 7, 3, 22, 5, 9, 30], [1, 4], [2, 2, 8, 31]];
        var together = Generate(prompts, new() { MaxNewTokens = 12 }, padsLeft);
        for (var i = 0; i < prompts.Length; i++) Assert.Equal(Generate([prompts[i]], new() { MaxNewTokens = 12 })[0], together[i]);
    }

    [Fact]
    public void AStopIdEndsARowAndNotTheOthers()
    {
        using var scope = NewDisposeScope();
        long[][] prompts = [[1, 7, 3], [1, 4, 9]];
        var free = Generate(prompts, new() { MaxNewTokens = 10 });
        var stop = free[0][2];
        var stopped = Generate(prompts, new() { MaxNewTokens = 10, StopIds = [stop] });
        Assert.Equal(free[0].TakeWhile(id => id != stop).Append(stop), stopped[0]);
        Assert.Equal(free[1].TakeWhile(id => id != stop), stopped[1].TakeWhile(id => id != stop));
    }

    [Fact]
    public void DrawsDependOnTheSeedAlone()
    {
        using var scope = NewDisposeScope();
        long[][] prompt = [[1, 7, 3]];
        var first = Generate(prompt, new() { MaxNewTokens = 16, Temperature = 1, Seed = 5 })[0];
        Assert.Equal(first, Generate(prompt, new() { MaxNewTokens = 16, Temperature = 1, Seed = 5 })[0]);
        Assert.NotEqual(first, Generate(prompt, new() { MaxNewTokens = 16, Temperature = 1, Seed = 6 })[0]);
    }

    [Fact]
    public void ANucleusOfAlmostNothingIsTheLikeliestToken()
    {
        using var scope = NewDisposeScope();
        long[][] prompt = [[1, 7, 3]];
        Assert.Equal(Generate(prompt, new() { MaxNewTokens = 10 })[0], Generate(prompt, new() { MaxNewTokens = 10, Temperature = 1, TopP = 1e-6 })[0]);
    }

    [Fact]
    public void DrawsFollowTheProbabilities()
    {
        using var scope = NewDisposeScope();
        const int Draws = 4000;
        var sampler = new TokenSampler(new GenerationOptions { Temperature = 1, TopP = 0.75 });
        var logits = tensor(new[] { 0.1f, 0.5f, 0.4f }).log().unsqueeze(0).expand(Draws, 3);
        var counts = sampler.Choose(logits, step: 0).CountBy(id => id).ToDictionary();
        Assert.DoesNotContain(0L, counts.Keys); // 0.5 + 0.4 reach the nucleus
        Assert.InRange(counts[1] / (double)Draws, 0.5556 - 0.03, 0.5556 + 0.03); // 0.5 / 0.9, ± nearly four standard deviations
    }

    [Fact]
    public void ListenersHearEachTokenAsItComes()
    {
        using var scope = NewDisposeScope();
        var heard = new List<(int, int)>();
        var texts = Generate([[1, 7, 3]], new() { MaxNewTokens = 5 }, padsLeft: false, (row, id) => heard.Add((row, id)));
        Assert.Equal(texts[0].Select(id => (0, id)), heard);
    }

    [Fact]
    public void AFullCacheSaysSo()
    {
        using var scope = NewDisposeScope();
        using var cache = new KeyValueCache(4);
        Assert.Throws<InvalidOperationException>(() => model.Decode(model.Embed(ones([1, 5], ScalarType.Int64)), new() { Cache = cache }));
    }

    private IReadOnlyList<int[]> Generate(long[][] prompts, GenerationOptions options, bool padsLeft = false, Action<int, int>? onToken = null)
    {
        var length = prompts.Max(prompt => prompt.Length);
        var cells = prompts.SelectMany(prompt =>
        {
            var padding = Enumerable.Repeat(-1L, length - prompt.Length);
            return padsLeft ? padding.Concat(prompt) : prompt.Concat(padding);
        }).ToArray();
        var ids = tensor(cells.Select(id => Math.Max(id, 0)).ToArray()).view(prompts.Length, length);
        var mask = tensor(cells.Select(id => id >= 0).ToArray()).view(prompts.Length, length);
        return new TextDecoder(model).Generate(new GenerationPrompt(model.Embed(ids), mask), options, onToken);
    }
}
