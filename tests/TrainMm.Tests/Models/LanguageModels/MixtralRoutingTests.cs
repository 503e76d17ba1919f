using TrainMm.Core.Roles;
using TrainMm.Tests.Torch;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.LanguageModels;

[Collection(ProcessWide.Name)]
public sealed class MixtralRoutingTests
{
    private const int Experts = 3;
    private const int Chosen = 2;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheLossIsTheShareOfTokensTimesTheMeanProbability(bool padded)
    {
        using var scope = NewDisposeScope();
        using var model = TinyLanguageModels.Build("mixtral");
        var mask = ones([2, 9], ScalarType.Bool);
        if (padded) mask.narrow(0, 1, 1).narrow(1, 5, 4).fill_(0);
        RouterOutput? said = null;
        model.Decode(model.Embed(TinyLanguageModels.Ids()), new() { AttentionMask = mask, Routing = each => said = each });

        Assert.Equal((2, 0.001), (said!.Logits.Count, said.Weight));
        var real = mask.reshape(-1).data<bool>().ToArray();
        var (share, mean, count) = (new double[Experts], new double[Experts], 0);
        foreach (var logits in said.Logits)
        {
            Assert.Equal([18, Experts], logits.shape);
            for (var token = 0; token < real.Length; token++)
            {
                if (!real[token]) continue;
                count++;
                var values = logits[token].data<float>().ToArray().Select(value => Math.Exp(value)).ToArray();
                for (var expert = 0; expert < Experts; expert++) mean[expert] += values[expert] / values.Sum();
                foreach (var expert in Enumerable.Range(0, Experts).OrderByDescending(each => values[each]).Take(Chosen)) share[expert]++;
            }
        }

        var expected = Experts * Enumerable.Range(0, Experts).Sum(expert => share[expert] / count * (mean[expert] / count));
        Assert.Equal(expected, said.Loss.item<float>(), 1e-5);
    }

    [Fact]
    public void ItsGradientReachesTheRoutersAndNothingIsLeftBehind()
    {
        using var model = TinyLanguageModels.Build("mixtral", trained: new([TrainMm.Models.Peft.PeftContext.Root]));
        Ask(model);
        GC.Collect(); // else what other tests left to the finaliser would lower the count later
        GC.WaitForPendingFinalizers();
        var before = TensorCount.Live;
        for (var i = 0; i < 20; i++) Ask(model);
        Assert.Equal(before, TensorCount.Live);
    }

    private static void Ask(ILanguageModel model)
    {
        using var scope = NewDisposeScope();
        model.Decode(model.Embed(TinyLanguageModels.Ids()), new() { Routing = said => said.Loss.backward() });
        Assert.All(model.Module.named_parameters().Where(pair => pair.name.EndsWith("gate.weight", StringComparison.Ordinal)), pair => Assert.True(pair.parameter.grad!.abs().max().item<float>() > 0));
        foreach (var parameter in model.Module.parameters()) parameter.grad = null;
    }
}
