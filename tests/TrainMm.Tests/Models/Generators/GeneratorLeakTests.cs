using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators;
using TrainMm.Models.Generators.StableDiffusion;
using TrainMm.Models.Generators.Zeroscope;
using TrainMm.Models.Layers;
using TrainMm.Tests.Torch;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

[Collection(ProcessWide.Name)]
public sealed class GeneratorLeakTests
{
    [Theory]
    [InlineData("stable_diffusion")]
    [InlineData("zeroscope")]
    [InlineData("audioldm2")]
    public void ALossAndASampleLeaveNoTensorsBehind(string kind)
    {
        using var generator = Create(kind);
        LossAndSample();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = TensorCount.Live;
        for (var i = 0; i < 3; i++) LossAndSample();
        Assert.Equal(before, TensorCount.Live);

        void LossAndSample()
        {
            using var scope = NewDisposeScope();
            var condition = Condition(generator).detach().requires_grad_();
            generator.Loss(condition, generator.Encode(Medium(generator)), [7]).sum().backward();
            condition.grad = null;
            generator.Sample(new SampleRequest(condition.detach(), [1], Steps: 2, GuidanceScale: 2, condition.detach()));
        }
    }

    [Theory]
    [InlineData("stable_diffusion")]
    [InlineData("zeroscope")]
    [InlineData("audioldm2")]
    public void NoRandomNumbersOfTheProcessAreTaken(string kind)
    {
        using var scope = NewDisposeScope();
        using var generator = Create(kind);
        var before = RandomState.Capture();
        var condition = Condition(generator);
        generator.Loss(condition, generator.Encode(Medium(generator)), [7]);
        generator.Sample(new SampleRequest(condition, [1], Steps: 2, GuidanceScale: 1));
        Assert.Equal(before.Cpu.ToArray(), RandomState.Capture().Cpu.ToArray());
    }

    private static Tensor Condition(IGenerator generator) => generator.Condition(ones([1, generator.Captions.Each.Sum(spec => spec.Tokens)], ScalarType.Int64));

    private static Tensor Medium(IGenerator generator) => generator.Target switch
    {
        VideoSpec => ones([1, 3, 3, 8, 12]),
        AudioSpec => ones([1, 4, 8]),
        _ => ones([1, 3, 16, 16]),
    };

    private static IGenerator Create(string kind)
    {
        if (kind == "audioldm2") return TinyAudioldm2.Create(TinyAudioldm2.Yaml());
        var context = new GeneratorContext(new ModuleScope("generator", ScalarType.Float32, CPU), Seed: 1);
        return kind == "zeroscope" ? ZeroscopeGenerator.Create(Bind<ZeroscopeOptions>(TinyDiffusion.VideoYaml()), context) : StableDiffusionGenerator.Create(Bind<StableDiffusionOptions>(TinyDiffusion.Yaml()), context);

        static TOptions Bind<TOptions>(string yaml)
            where TOptions : class => ConfigBinder.Bind<TOptions>(ConfigDocument.Parse($"{{ {yaml} }}\n", "run.yaml"));
    }
}
