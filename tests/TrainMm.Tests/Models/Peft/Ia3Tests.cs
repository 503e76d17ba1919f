using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Layers;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Ia3;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Peft;

public sealed class Ia3Tests
{
    [Fact]
    public void AnUntrainedAdapterChangesNothing()
    {
        using var scope = NewDisposeScope();
        using var plain = TinyModel.Build(TinyModel.Options());
        using var adapted = Build(new Ia3Options());
        Assert.True(plain.Hidden(TinyModel.Batch()).allclose(adapted.Hidden(TinyModel.Batch()), 0, 0));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void EqualsItsDefinitionMergedOrNot(bool isFeedforward, bool isTransposed)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var plain = new ModuleScope("layer", ScalarType.Float32, CPU).Child("plain").Linear(6, 5, bias: true, isTransposed);
        plain.Weight.copy_(linspace(-2, 3, 30).view(plain.Weight.shape));
        plain.Bias!.copy_(linspace(-1, 1, 5));
        var (w, b, l, x) = (plain.Values().clone(), plain.Bias!.clone(), linspace(0.5, 2, isFeedforward ? 6 : 5), linspace(-1, 2, 12).view(2, 6));
        // Element by element, with the scale as a diagonal matrix.
        var expected = isFeedforward ? x.matmul(diag(l)).matmul(w.t()).add(b) : x.matmul(w.t()).add(b).matmul(diag(l));
        using var adapted = new Ia3Linear(plain, new Parameter(isFeedforward ? l.view(1, 6) : l.view(5, 1), requires_grad: false), isFeedforward);
        Assert.True(adapted.Forward(x).allclose(expected, 1e-5, 1e-5));
        adapted.Merge();
        Assert.True(adapted.Forward(x).allclose(expected, 1e-5, 1e-5));
        Assert.Throws<InvalidOperationException>(adapted.Merge);
        adapted.Unmerge();
        Assert.True(adapted.Values().allclose(w, 1e-5, 1e-6));
        Assert.True(adapted.Bias!.allclose(b, 1e-5, 1e-6));
        Assert.Throws<InvalidOperationException>(adapted.Unmerge);
    }

    [Fact]
    public void OnlyTheScalesAreTrainedAndTheyLowerTheLoss()
    {
        using var scope = NewDisposeScope();
        using var model = Build(new Ia3Options(), TrainablePaths.Adapter);
        var trained = model.named_parameters().Where(pair => pair.parameter.requires_grad).ToArray();
        Assert.Equal(6, trained.Length);
        Assert.All(trained, pair => Assert.EndsWith(".ia3_l", pair.name, StringComparison.Ordinal));
        var frozen = FrozenHash.Of(model);
        var before = TinyModel.Loss(model, TinyModel.Batch());
        before.backward();
        using (no_grad())
        {
            foreach (var (_, parameter) in trained) parameter.add_(parameter.grad!, -0.05);
        }

        Assert.True(TinyModel.Loss(model, TinyModel.Batch()).item<float>() < before.item<float>());
        Assert.Equal(frozen, FrozenHash.Of(model));
    }

    [Fact]
    public void WhatIsSavedHasPeftsNamesAndIsReadBack()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var model = Build(new Ia3Options { TargetModules = ["q_proj", "down_proj"], FeedforwardModules = ["down_proj"], ModulesToSave = ["lm_head"] }, TrainablePaths.Adapter);
        Disturb(model.Peft!);
        model.Peft!.Save(folder.Path);
        Snapshot.Match(File.ReadAllText(Path.Combine(folder.Path, "adapter_config.json")), "adapter-config");
        using (var file = SafetensorsFile.Open(Path.Combine(folder.Path, "adapter_model.safetensors")))
            Snapshot.Match(string.Join('\n', file.Entries.Values.OrderBy(entry => entry.Name, StringComparer.Ordinal).Select(entry => $"{entry.Name} [{string.Join(", ", entry.Shape)}]")), "adapter-names");
        using var read = Build(new Ia3Options { Checkpoint = folder.Path });
        Assert.True(model.Hidden(TinyModel.Batch()).allclose(read.Hidden(TinyModel.Batch()), 0, 0));
    }

    [Fact]
    public void AModelWithoutTheDefaultNamesAsksForTheTargets()
    {
        var peft = Method(new Ia3Options());
        var message = Assert.Throws<ConfigurationException>(() => LanguageModels.TinyLanguageModels.Build("gpt2", peft: peft)).Message;
        Assert.Contains("'k_proj' fits no linear layer", message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFeedforwardLayerThatIsNoTargetIsAMistake() =>
        Assert.Contains("'fc2' is none of target_modules", ConfigErrors("{ target_modules: [q_proj], feedforward_modules: [fc2] }"), StringComparison.Ordinal);

    private static string ConfigErrors(string yaml)
    {
        using var folder = new TempFolder();
        var path = folder.Write("options.yaml", yaml);
        return Assert.Throws<ConfigurationException>(() => ConfigBinder.Bind<Ia3Options>(ConfigDocument.Load(path))).Message;
    }

    private static IPeftMethod Method(Ia3Options options) => AdapterCatalog.All.Component("ia3", options).Create(new PeftContext(7, new TrainablePaths([])));

    private static MultimodalModel Build(Ia3Options options, params string[] trained) => TinyModel.Build(TinyModel.Options(adapter: AdapterCatalog.All.Component("ia3", options)), trained);

    private static void Disturb(IPeftMethod peft)
    {
        using var guard = no_grad();
        foreach (var (path, parameter) in peft.Parameters)
        {
            if (path.EndsWith(".ia3_l", StringComparison.Ordinal)) parameter.copy_(linspace(0.5, 1.5, parameter.numel()).view(parameter.shape));
        }
    }
}
