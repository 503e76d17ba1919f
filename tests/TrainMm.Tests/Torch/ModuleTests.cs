using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class ModuleTests
{
    [Fact]
    public void NamesAreThoseOfFieldsAndOrder()
    {
        using var model = new Model();
        Assert.Equal(
            ["weight", "blocks.0.bias", "blocks.1.bias", "out_proj.bias"],
            model.named_parameters().Select(entry => entry.name));
        Assert.Equal(["scale", "cache"], model.named_buffers().Select(entry => entry.name));
        Assert.Equal(["weight", "scale", "blocks.0.bias", "blocks.1.bias", "out_proj.bias"], model.state_dict().Keys);
        Assert.Equal(["", "blocks", "blocks.0", "blocks.1", "out_proj"], model.named_modules().Select(entry => entry.name));
        Assert.Equal(["blocks", "out_proj"], model.named_children().Select(entry => entry.name));
        Assert.Single(model.parameters(recurse: false));
    }

    [Fact]
    public void TiedParametersComeOnceButAreSavedTwice()
    {
        using var model = new Tied();
        Assert.Equal(["first"], model.named_parameters().Select(entry => entry.name));
        Assert.Equal(["first", "second"], model.state_dict().Keys);
    }

    [Fact]
    public void ParametersOutliveTheScopeTheyWereMadeIn()
    {
        Model model;
        using (NewDisposeScope()) model = new Model();
        Assert.Equal(2f, model.call(ones(1, 2)).sum().item<float>());
        model.Dispose();
        Assert.All(model.named_children(), child => Assert.All(child.module.buffers(), buffer => Assert.True(buffer.IsInvalid)));
        Assert.True(model.Weight.IsInvalid);
    }

    [Fact]
    public void ConversionKeepsIdentityAndWholeNumbers()
    {
        using var model = new Model();
        var weight = model.Weight;
        model.to(bfloat16);
        Assert.Same(weight, model.Weight);
        Assert.Equal((ScalarType.BFloat16, true), (weight.dtype, weight.requires_grad));
        Assert.Equal(ScalarType.Int64, model.get_buffer("cache")!.dtype);
        Assert.Equal([1f, 1f, 1f, 1f], weight.Floats());
        model.@float();
        weight.sum().backward();
        Assert.Equal(ScalarType.Float32, weight.grad!.dtype);
        model.@double();
        Assert.Equal(ScalarType.Float64, weight.grad!.dtype);
        weight.sum().backward();
        Assert.Equal([2f, 2f, 2f, 2f], weight.grad!.Floats());
    }

    [Fact]
    public void StateIsLoadedByName()
    {
        using var model = new Model();
        var state = model.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value + 1);
        model.load_state_dict(state);
        Assert.Equal([2f, 2f, 2f, 2f], model.Weight.Floats());
        state.Remove("weight");
        state["other"] = ones(1);
        var problem = Assert.Throws<InvalidOperationException>(() => model.load_state_dict(state));
        Assert.Equal("The state dictionary does not fit: missing weight; unexpected other.", problem.Message);
        var (missing, unexpected) = model.load_state_dict(state, strict: false);
        Assert.Equal(["weight"], missing);
        Assert.Equal(["other"], unexpected);
        state["scale"] = ones(7);
        Assert.Throws<ArgumentException>(() => model.load_state_dict(state, strict: false));
    }

    [Fact]
    public void ModesAndGradientsReachAllModules()
    {
        using var model = new Model();
        model.eval();
        Assert.All(model.modules(), module => Assert.False(module.training));
        model.train();
        Assert.All(model.modules(), module => Assert.True(module.training));
        model.call(ones(1, 2)).sum().backward();
        Assert.NotNull(model.Weight.grad);
        model.zero_grad();
        Assert.All(model.parameters(), parameter => Assert.Null(parameter.grad));
        var seen = 0;
        model.apply(_ => seen++);
        Assert.Equal(5, seen);
    }

    [Fact]
    public void DictionariesNameTheirModules()
    {
        using var dictionary = nn.ModuleDict<Block>(("first", new Block()), ("second", new Block()));
        Assert.Equal(["first.bias", "second.bias"], dictionary.named_parameters().Select(entry => entry.name));
        Assert.Same(dictionary["second"], dictionary.Values.Last());
    }

    private sealed class Model : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter weight = nn.Parameter(ones(2, 2));
        private readonly Tensor scale = full([1], 0.5);
        private readonly ModuleList<Block> blocks = nn.ModuleList<Block>(new Block(), new Block());
        [ComponentName(Name = "out_proj")]
        private readonly Block output = new();

        public Model()
            : base(nameof(Model))
        {
            RegisterComponents();
            register_buffer("cache", arange(2), persistent: false);
        }

        public Parameter Weight => weight;

        public override Tensor forward(Tensor input)
        {
            var x = nn.functional.linear(input, weight) * scale;
            foreach (var block in blocks) x = block.call(x);
            return output.call(x);
        }
    }

    private sealed class Block : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter bias = nn.Parameter(zeros(2));

        public Block()
            : base(nameof(Block)) => RegisterComponents();

        public override Tensor forward(Tensor input) => input + bias;
    }

    private sealed class Tied : nn.Module
    {
        public Tied()
            : base(nameof(Tied))
        {
            var shared = nn.Parameter(ones(1));
            register_parameter("first", shared);
            register_parameter("second", shared);
        }
    }
}
