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
    [InlineData(false)]
    [InlineData(true)]
    public void ALossAndASampleLeaveNoTensorsBehind(bool videos)
    {
        using var generator = Create(videos);
        LossAndSample();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = TensorCount.Live;
        for (var i = 0; i < 3; i++) LossAndSample();
        Assert.Equal(before, TensorCount.Live);

        void LossAndSample()
        {
            using var scope = NewDisposeScope();
            var condition = generator.Condition(ones([1, 6], ScalarType.Int64)).detach().requires_grad_();
            generator.Loss(condition, generator.Encode(Medium(videos)), [7]).sum().backward();
            condition.grad = null;
            generator.Sample(new SampleRequest(condition.detach(), [1], Steps: 2, GuidanceScale: 2, condition.detach()));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NoRandomNumbersOfTheProcessAreTaken(bool videos)
    {
        using var scope = NewDisposeScope();
        using var generator = Create(videos);
        var before = RandomState.Capture();
        var condition = generator.Condition(ones([1, 6], ScalarType.Int64));
        generator.Loss(condition, generator.Encode(Medium(videos)), [7]);
        generator.Sample(new SampleRequest(condition, [1], Steps: 2, GuidanceScale: 1));
        Assert.Equal(before.Cpu.ToArray(), RandomState.Capture().Cpu.ToArray());
    }

    private static Tensor Medium(bool isVideo) => ones(isVideo ? [1, 3, 3, 8, 12] : [1, 3, 16, 16]);

    private static IGenerator Create(bool videos)
    {
        var context = new GeneratorContext(new ModuleScope("generator", ScalarType.Float32, CPU), Seed: 1);
        return videos ? ZeroscopeGenerator.Create(Bind<ZeroscopeOptions>(TinyDiffusion.VideoYaml()), context) : StableDiffusionGenerator.Create(Bind<StableDiffusionOptions>(TinyDiffusion.Yaml()), context);

        static TOptions Bind<TOptions>(string yaml)
            where TOptions : class => ConfigBinder.Bind<TOptions>(ConfigDocument.Parse($"{{ {yaml} }}\n", "run.yaml"));
    }
}
